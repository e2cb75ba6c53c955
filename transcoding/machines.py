"""What an attempt knows of the machine it was given: its launch, and the ECS task it runs in."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from transcoding.states import LIVE_ATTEMPT, AttemptStatus

if TYPE_CHECKING:
    from transcoding.models import Attempt

STOPPED, MISSING = "STOPPED", "MISSING"
"""The last status of an ECS task; and ours of one that ECS knows no longer."""
LEFT_BEHIND = timedelta(days=1)
"""For how long the task of an attempt that is over is looked for: ECS may have been away when it was to be stopped."""


class MachineQuerySet(models.QuerySet["Attempt"]):
    """Attempts and their machines."""

    def without_machine(self, now: datetime) -> Self:
        """Launched attempts for which ECS is to be asked for a task, for the first time or again."""
        return self.filter(status=AttemptStatus.LAUNCHED, launcher="ecs", external_id="", launch_again_at__lte=now)

    def to_look_at(self, now: datetime, *, asked_before: datetime) -> Self:
        """Attempts of which ECS is to be asked how their tasks are: the live ones, and those that leave one behind."""
        over_but_running = Q(ended_at__gt=now - LEFT_BEHIND) & ~Q(machine_status__in=[STOPPED, MISSING])
        return self.filter(
            Q(machine_asked_at=None) | Q(machine_asked_at__lt=asked_before),
            Q(status__in=LIVE_ATTEMPT) | over_but_running,
            launcher="ecs",
        ).exclude(external_id="").order_by(F("machine_asked_at").asc(nulls_first=True))  # fmt: skip

    def claim(self, job_id: UUID, number: int, *, claimant: str) -> "Attempt | None":
        """Give a live attempt of ECS to the first process that asks, and to that one again; None for all others."""
        ours = self.filter(job_id=job_id, number=number, launcher="ecs", status__in=LIVE_ATTEMPT)
        ours.filter(claimed_by="").update(claimed_by=claimant)
        return ours.filter(claimed_by=claimant).select_related("job__video").first() if claimant else None

    def claim_launch(self, attempt: "Attempt", *, until: datetime) -> bool:
        """Let the caller alone ask for a machine until then; False when another does, or none is wanted any more."""
        as_it_was_read = self.filter(pk=attempt.pk, launch_again_at=attempt.launch_again_at)
        wanted = as_it_was_read.filter(status=AttemptStatus.LAUNCHED, launcher="ecs", external_id="")
        return wanted.update(hinted_at=timezone.now(), launch_again_at=until) == 1

    def keep_waiting(self, attempt_id: int, *, note: str, again_at: datetime) -> bool:
        """Say what the launch waits for; True when that is news."""
        waiting = self.filter(pk=attempt_id, status=AttemptStatus.LAUNCHED, launcher="ecs", external_id="")
        is_news = waiting.exclude(launch_note=note).exists()
        return waiting.update(launch_note=note, launch_again_at=again_at) == 1 and is_news

    def give_machine(self, attempt_id: int, arn: str) -> bool:
        """Record the ECS task of an attempt; False when it has one, or is Celery's."""
        without = self.filter(pk=attempt_id, launcher="ecs", external_id="")
        return without.update(external_id=arn, launch_note="", launch_again_at=None) == 1

    def give_to_celery(self, attempt_id: int, *, note: str) -> bool:
        """Take an attempt from ECS; False when it has begun, is over, or has a task after all."""
        without = self.filter(pk=attempt_id, status=AttemptStatus.LAUNCHED, launcher="ecs", external_id="")
        return without.update(launcher="celery", launch_note=note, launch_again_at=None) == 1

    def machine_moves(self, attempt_id: int, arn: str, older: Q, **facts: object) -> bool:
        """Record a state of an attempt's task; False when what is known of it is not `older`."""
        own = self.filter(older, pk=attempt_id, launcher="ecs", external_id=arn).exclude(machine_status=STOPPED)
        return own.update(machine_changed_at=timezone.now(), **facts) == 1


class OnMachine(models.Model):
    """The fields of an attempt that tell of its machine; most stay empty where a Celery worker takes it."""

    launch_note = models.CharField(
        max_length=200, blank=True, help_text="What its launch waits for, or why Celery has it."
    )
    launch_again_at = models.DateTimeField(null=True, blank=True, help_text="When ECS is asked for a task again.")
    claimed_by = models.CharField(max_length=64, blank=True, help_text="The process that fetched the specification.")
    machine_status = models.CharField(max_length=20, blank=True, help_text="The last status that ECS gave its task.")
    machine_version = models.PositiveBigIntegerField(default=0)
    machine_changed_at = models.DateTimeField(null=True, blank=True)
    machine_asked_at = models.DateTimeField(null=True, blank=True, help_text="When ECS was last asked how it is.")
    machine_cpu = models.PositiveIntegerField(default=0, help_text="CPU units of its task: 1024 are one vCPU.")
    machine_memory_mib = models.PositiveIntegerField(default=0)
    machine_provider = models.CharField(
        max_length=255, blank=True, help_text="The capacity provider of its task, else the launch type."
    )
    machine_architecture = models.CharField(max_length=20, blank=True, help_text="X86_64 or ARM64.")
    machine_created_at = models.DateTimeField(null=True, blank=True)
    machine_pull_started_at = models.DateTimeField(null=True, blank=True, help_text="From when on Fargate is paid.")
    machine_stopped_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def has_stopped(self) -> bool:
        """Whether nothing is left of the machine that could be stopped."""
        return self.machine_status in {STOPPED, MISSING}
