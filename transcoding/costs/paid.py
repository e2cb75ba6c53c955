"""What an attempt that is over has to be paid for."""

import math
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from transcoding.costs import prices
from transcoding.models import Attempt

FARGATE_LEAST_SECONDS = 60
"""https://aws.amazon.com/fargate/pricing/: by the second, rounded up, a minute at least."""


@dataclass(frozen=True, slots=True)
class Due:
    """So many vCPU-seconds, and what an hour of them costs at today's prices, if they have a price."""

    vcpu_seconds: float
    vcpu_hour: Decimal | None


def due_of(attempt: Attempt) -> Due | None:
    """Return what is due for an attempt; None while it has no machine that ECS has told of.

    Of a Celery worker it is the CPU time it used, of an ECS task its size for as long as it lasts.
    """
    if attempt.launcher != "ecs":
        return Due(attempt.cpu_seconds, prices.of_celery())
    if not attempt.machine_cpu:
        return None
    machine = machine_of(attempt)
    return Due(machine.vcpus * task_seconds(attempt, is_fargate=machine.is_fargate), prices.of_task(machine))


def machine_of(attempt: Attempt) -> prices.Machine:
    """Return the machine of an attempt's ECS task, as ECS has told of it."""
    return prices.Machine(
        cpu=attempt.machine_cpu, memory_mib=attempt.machine_memory_mib, provider=attempt.machine_provider,
        architecture=attempt.machine_architecture,
    )  # fmt: skip


def task_seconds(attempt: Attempt, *, is_fargate: bool) -> int:
    """Return for how many seconds an attempt's task is paid: from the pull of its image until it has stopped.

    Until ECS has told of that, the end of the attempt stands in its place, which is some seconds earlier. A task that
    never came to pull its image costs nothing.
    """
    begin, end = _paid_from(attempt), attempt.machine_stopped_at or attempt.ended_at
    if begin is None or end is None:
        return 0
    seconds = max(0, math.ceil((end - begin).total_seconds()))
    return max(seconds, FARGATE_LEAST_SECONDS) if is_fargate else seconds


def _paid_from(attempt: Attempt) -> datetime | None:
    if attempt.machine_pull_started_at or not attempt.started_at:
        return attempt.machine_pull_started_at
    # A transcoder that has claimed its attempt was pulled, whether ECS has told so or not.
    return attempt.machine_created_at or attempt.launched_at
