"""An Attempt is one try of a Job by one transcoder."""

from datetime import datetime

from django.db import models
from django.db.models import Max, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from transcoding.machines import MachineQuerySet, OnMachine
from transcoding.models.jobs import Job
from transcoding.spending import Spending
from transcoding.states import ATTEMPT_MAY_FOLLOW, LIVE_ATTEMPT, AttemptStatus, that_may_become

INTERRUPTED = "platform.interrupted"
"""The code with which a transcoder that was told to stop says goodbye."""
START_FAILED = "platform.start-failed"
"""The code of a machine that never began: the transcoder was not reached."""
NO_TRIES = (INTERRUPTED, START_FAILED)


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
        """Attempts of a job that count as tries: those that ended badly since the last that got on.

        A transcoder that was told to stop is none.
        """
        ended_badly = self.filter(job=job, status__in={AttemptStatus.FAILED, AttemptStatus.LOST})
        got_on = self.filter(job=job, got_on=True).aggregate(last=Max("number"))["last"]
        ended_badly = ended_badly.filter(number__gt=got_on or 0)
        for code in NO_TRIES:
            ended_badly = ended_badly.exclude(end_reason__startswith=f"{code}:")
        return ended_badly

    def that_ended_with(self, job: "Job", code: str) -> "AttemptQuerySet":
        """Attempts of a job that a fault of ours with this code ended."""
        return self.filter(job=job, end_reason__startswith=f"{code}:")

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
    got_on = models.BooleanField(default=False, help_text="It made segments that were not there before.")

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
