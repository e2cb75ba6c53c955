"""A Job turns one Video into Renditions."""

import uuid
from datetime import datetime

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from transcoding.states import JOB_MAY_FOLLOW, LIVE_JOB, WAITING_JOB, JobStatus, Stage, that_may_become
from uploads.models import Video


class JobQuerySet(models.QuerySet["Job"]):
    def live(self) -> "JobQuerySet":
        """Jobs that are not over."""
        return self.filter(status__in=LIVE_JOB)

    def waiting(self) -> "JobQuerySet":
        """Jobs that no transcoder has begun."""
        return self.filter(status__in=WAITING_JOB)

    def due(self, now: datetime) -> "JobQuerySet":
        """Queued jobs whose launch nobody has to wait for any longer."""
        return self.filter(status=JobStatus.QUEUED, launch_after__lte=now)

    def newest_of(self, video: Video) -> "Job | None":
        """The job that tells the state of a video."""
        return self.filter(video=video).order_by("-number").first()

    def leaving_files(self, ended_before: datetime) -> "JobQuerySet":
        """Jobs that came to nothing and whose files are still there."""
        ends = {JobStatus.FAILED, JobStatus.CANCELLED}
        return self.filter(status__in=ends, ended_at__lt=ended_before, files_removed_at=None)

    def cut(self, job_id: uuid.UUID, *, segments: int) -> int:
        """Record how many segments the picture has, and return it: the least that any transcoder has found."""
        self.filter(pk=job_id).update(segment_count=Least(Coalesce("segment_count", segments), segments))
        return self.values_list("segment_count", flat=True).get(pk=job_id) or 0

    def advance(self, job_id: uuid.UUID, *, to: JobStatus, reason: str = "", **facts: object) -> bool:
        """Move a job on and write its event; True only for the caller that won.

        Takes the job's row lock, so that whoever also touches its attempts does it in the same order.
        """
        with transaction.atomic():
            old = self.select_for_update().filter(pk=job_id).values_list("status", flat=True).first()
            won = (
                self.filter(pk=job_id, status__in=that_may_become(JOB_MAY_FOLLOW, to)).update(
                    status=to, version=F("version") + 1, updated_at=timezone.now(), **facts
                )
                == 1
            )
            if won:
                JobEvent.objects.create(job_id=job_id, old=old or "", new=to, reason=reason)
            return won

    def note(self, job_id: uuid.UUID, reason: str) -> None:
        """Write an event of a job whose status stays as it is."""
        with transaction.atomic():
            status = self.select_for_update().values_list("status", flat=True).get(pk=job_id)
            self.filter(pk=job_id).update(version=F("version") + 1, updated_at=timezone.now())
            JobEvent.objects.create(job_id=job_id, old=status, new=status, reason=reason[:500])


class Job(models.Model):
    """One run of transcoding one video; retrying by hand makes a new one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="jobs")
    number = models.PositiveIntegerField(default=1, help_text="Counted from 1 for each video.")
    status = models.CharField(max_length=9, choices=JobStatus.choices, default=JobStatus.QUEUED)
    stage = models.CharField(max_length=11, choices=Stage.choices, blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Grows with every change, over all jobs of the video.")
    recipe = models.JSONField(
        default=dict, blank=True, help_text="The settings its attempts go by, so that what they make fits together."
    )
    prefix = models.CharField(
        max_length=200, blank=True, help_text="Where its attempts write, if not in the usual place."
    )
    source_info = models.JSONField(default=dict, blank=True)
    segment_count = models.PositiveIntegerField(null=True, blank=True, help_text="Segments of the picture.")
    duration_seconds = models.FloatField(null=True, blank=True)
    encoded_seconds = models.FloatField(default=0)
    speed = models.FloatField(null=True, blank=True, help_text="Seconds of video per second.")
    poster = models.JSONField(null=True, blank=True)
    storyboard = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    error_message = models.CharField(max_length=500, blank=True)
    launch_after = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    files_removed_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video"], condition=Q(status__in=sorted(LIVE_JOB)), name="one_live_job"),
            models.UniqueConstraint(fields=["video", "number"], name="job_number"),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="job_queue")]

    def __str__(self) -> str:
        return f"job {self.number} of {self.video_id}"

    @property
    def output_prefix(self) -> str:
        """Where the attempts of this job, and no others, write."""
        return self.prefix or self.files_prefix

    @property
    def files_prefix(self) -> str:
        """Where everything is that this job ever wrote."""
        return f"renditions/{self.video_id}/{self.pk}/"


class JobEvent(models.Model):
    """One change of a job's status that won: the timeline an operator reads."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    old = models.CharField(max_length=9, blank=True)
    new = models.CharField(max_length=9)
    reason = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["job", "at"], name="event_timeline")]

    def __str__(self) -> str:
        return f"{self.old or '—'} → {self.new}"
