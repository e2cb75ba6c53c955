"""A Job turns one Video into Renditions, in one Attempt or more."""

import uuid
from datetime import datetime

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from transcoding.machines import MachineQuerySet, OnMachine
from transcoding.spending import Spending
from transcoding.states import (
    ATTEMPT_MAY_FOLLOW,
    JOB_MAY_FOLLOW,
    LIVE_ATTEMPT,
    LIVE_JOB,
    WAITING_JOB,
    AttemptStatus,
    JobStatus,
    RenditionKind,
    RenditionStatus,
    Stage,
    that_may_become,
)
from uploads.models import Video

INTERRUPTED = "platform.interrupted"
"""The code with which a transcoder that was told to stop says goodbye."""
START_FAILED = "platform.start-failed"
"""The code of a machine that never began: the transcoder was not reached."""
NO_TRIES = (INTERRUPTED, START_FAILED)


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
    source_info = models.JSONField(default=dict, blank=True)
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

    objects = JobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["video"], condition=Q(status__in=sorted(LIVE_JOB)), name="one_live_job"),
            models.UniqueConstraint(fields=["video", "number"], name="job_number"),
        ]
        indexes = [models.Index(fields=["status", "created_at"], name="job_queue")]

    def __str__(self) -> str:
        return f"job {self.number} of {self.video_id}"


class AttemptQuerySet(MachineQuerySet):
    def live(self) -> "AttemptQuerySet":
        """Attempts that are not over."""
        return self.filter(status__in=LIVE_ATTEMPT)

    def lease_expired(self, now: datetime) -> "AttemptQuerySet":
        """Running attempts that have not reported for the lease time."""
        return self.filter(status=AttemptStatus.RUNNING, lease_until__lt=now)

    def heard_since(self, moment: datetime) -> "AttemptQuerySet":
        """Attempts that have reported after that moment."""
        return self.filter(heartbeat_at__gt=moment)

    def unstarted_since(self, moment: datetime) -> "AttemptQuerySet":
        """Launched attempts that no Celery worker has taken up: the hint may be lost."""
        return self.filter(status=AttemptStatus.LAUNCHED, hinted_at__lt=moment, launcher="celery")

    def that_failed(self, job: "Job") -> "AttemptQuerySet":
        """Attempts of a job that count as tries: those that ended badly in a transcoder that was not told to stop."""
        ended_badly = self.filter(job=job, status__in={AttemptStatus.FAILED, AttemptStatus.LOST})
        for code in NO_TRIES:
            ended_badly = ended_badly.exclude(end_reason__startswith=f"{code}:")
        return ended_badly

    def that_ended_with(self, job: "Job", code: str) -> "AttemptQuerySet":
        """Attempts of a job that a fault of ours with this code ended."""
        return self.filter(job=job, end_reason__startswith=f"{code}:")

    def leaving_files(self, ended_before: datetime) -> "AttemptQuerySet":
        """Attempts that came to nothing and whose files are still there."""
        ends = {AttemptStatus.FAILED, AttemptStatus.LOST, AttemptStatus.CANCELLED}
        return self.filter(status__in=ends, ended_at__lt=ended_before, files_removed_at=None)

    def advance(self, attempt_id: int, *, to: AttemptStatus, **facts: object) -> bool:
        """Move an attempt on; True only for the caller that won."""
        return (
            self.filter(pk=attempt_id, status__in=that_may_become(ATTEMPT_MAY_FOLLOW, to)).update(status=to, **facts)
            == 1
        )

    def renew(self, attempt_id: int, *, now: datetime, lease_until: datetime) -> bool:
        """Record a heartbeat; False when the attempt is over."""
        live = self.filter(pk=attempt_id, status__in=LIVE_ATTEMPT)
        return live.update(heartbeat_at=now, lease_until=lease_until) == 1

    def used(self, attempt_id: int, *, cpu_seconds: float, peak_memory_mib: int) -> None:
        """Record what a transcoder says it has used so far; a late or repeated report takes nothing back."""
        cpu, memory = Greatest("cpu_seconds", cpu_seconds), Greatest("peak_memory_mib", peak_memory_mib)
        self.filter(pk=attempt_id).update(cpu_seconds=cpu, peak_memory_mib=memory)

    def heard(self, attempt_id: int, *, seq: int) -> bool:
        """Record the number of a report; False when a later one has overtaken it."""
        return self.filter(pk=attempt_id, last_seq__lte=seq).update(last_seq=seq) == 1


class Attempt(OnMachine, Spending):
    """One try of a job by one transcoder, which holds it by a lease that each report renews."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=9, choices=AttemptStatus.choices, default=AttemptStatus.LAUNCHED)
    launcher = models.CharField(max_length=20)
    external_id = models.CharField(max_length=400, blank=True, help_text="Celery task id or ECS task ARN.")
    launched_at = models.DateTimeField(default=timezone.now)
    hinted_at = models.DateTimeField(default=timezone.now, help_text="When a transcoder was last asked to start.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_seq = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=500, blank=True)
    log_tail = models.TextField(blank=True)
    files_removed_at = models.DateTimeField(null=True, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["job", "number"], name="attempt_number"),
            models.UniqueConstraint(
                fields=["job"], condition=Q(status__in=sorted(LIVE_ATTEMPT)), name="one_live_attempt"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "lease_until"], name="attempt_lease"),
            models.Index(fields=["external_id"], name="attempt_machine"),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}"

    @property
    def wall_seconds(self) -> float | None:
        """For how long a transcoder had it; None while one does, and where none ever did."""
        return (self.ended_at - self.started_at).total_seconds() if self.started_at and self.ended_at else None

    @property
    def output_prefix(self) -> str:
        """Where this attempt, and no other, writes."""
        return f"renditions/{self.job.video_id}/{self.job_id}/{self.number}/"


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
    """One quality of one attempt."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="renditions")
    quality = models.CharField(max_length=16)
    kind = models.CharField(max_length=5, choices=RenditionKind.choices, default=RenditionKind.VIDEO)
    rank = models.PositiveSmallIntegerField(default=0, help_text="Its place in the ladder, best first.")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    frame_rate = models.FloatField(null=True, blank=True)
    codecs = models.CharField(max_length=60, blank=True, help_text="As in RFC 6381, for example avc1.64001f.")
    status = models.CharField(max_length=8, choices=RenditionStatus.choices, default=RenditionStatus.PENDING)
    percent = models.PositiveSmallIntegerField(default=0)

    objects = RenditionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "quality"], name="one_rendition_per_quality"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="percent_up_to_100"),
        ]

    def __str__(self) -> str:
        return f"{self.quality} ({self.percent} %)"


class Segment(models.Model):
    """One segment of a rendition that is in the store."""

    rendition = models.ForeignKey(Rendition, on_delete=models.CASCADE, related_name="segments")
    number = models.PositiveIntegerField()
    duration_seconds = models.FloatField()
    size_bytes = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rendition", "number"], name="segment_once")]

    def __str__(self) -> str:
        return f"segment {self.number}"


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
