"""What a Job makes: Renditions of Segments, in Chunks."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from transcoding.models.attempts import Attempt
from transcoding.models.jobs import Job
from transcoding.states import LIVE_ATTEMPT, RenditionKind, RenditionStatus


class RenditionQuerySet(models.QuerySet["Rendition"]):
    def begin(self, rendition_id: int) -> bool:
        """Say that it is being encoded; True for the first to say so."""
        return (
            self.filter(pk=rendition_id, status=RenditionStatus.PENDING).update(status=RenditionStatus.ENCODING) == 1
        )

    def grow(self, rendition_id: int, *, percent: int) -> bool:
        """Raise the percentage; a late or repeated report changes nothing."""
        changed = self.filter(pk=rendition_id, percent__lt=percent).exclude(
            status__in=[RenditionStatus.READY, RenditionStatus.FAILED]
        )
        return changed.update(percent=percent, status=RenditionStatus.ENCODING) == 1

    def finish(self, rendition_id: int) -> bool:
        """Say that every segment is there; True for the first to say so."""
        return (
            self.filter(pk=rendition_id)
            .exclude(status=RenditionStatus.READY)
            .update(status=RenditionStatus.READY, percent=100)
            == 1
        )


class Rendition(models.Model):
    """One quality of one job."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="renditions")
    quality = models.CharField(max_length=16)
    kind = models.CharField(max_length=5, choices=RenditionKind.choices, default=RenditionKind.VIDEO)
    rank = models.PositiveSmallIntegerField(default=0, help_text="Its place in the ladder, best first.")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    codecs = models.CharField(max_length=60, blank=True, help_text="As in RFC 6381, for example avc1.64001f.")
    init_digest = models.CharField(max_length=64, blank=True, help_text="Of its init segment, which all others need.")
    status = models.CharField(max_length=8, choices=RenditionStatus.choices, default=RenditionStatus.PENDING)
    percent = models.PositiveSmallIntegerField(default=0)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "quality"], name="one_rendition_per_quality"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="percent_up_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.quality} ({self.percent} %)"


class Segment(models.Model):
    """One segment of a rendition that is in the store."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="segments")
    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, null=True, related_name="segments")
    number = models.PositiveIntegerField()
    duration_seconds = models.FloatField()
    size_bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rendition", "number"], name="segment_once")]

    def __str__(self) -> str:
        return f"segment {self.number}"


class ChunkQuerySet(models.QuerySet["Chunk"]):
    def in_hand(self, job: Job) -> "ChunkQuerySet":
        """Chunks that transcoders at work have claimed; those of one that is lost are free again."""
        return self.filter(attempt__job=job, attempt__status__in=LIVE_ATTEMPT)


class Chunk(models.Model):
    """A stretch of the picture that one transcoder has claimed, and holds for as long as its attempt's lease."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField(help_text="Counted by its transcoder.")
    first = models.PositiveIntegerField(help_text="The number of its first segment.")
    count = models.PositiveIntegerField()
    qualities = models.JSONField(default=list)
    claimed_at = models.DateTimeField(default=timezone.now)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "number"], name="chunk_number")]

    def __str__(self) -> str:
        return f"segments {self.first} to {self.first + self.count - 1} of {', '.join(self.qualities)}"
