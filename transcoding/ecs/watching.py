"""What ECS tells of tasks, asked or by an event: it is kept on their attempts, and ends those that stopped unheard."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction

from transcoding import costs
from transcoding.ecs import endings
from transcoding.ecs.launcher import TASKS_AT_ONCE, EcsLauncher, cluster_of
from transcoding.ecs.sizes import bigger
from transcoding.ecs.stopping import machine_stop
from transcoding.ecs.tasks import TaskSeen
from transcoding.launch_errors import LaunchError
from transcoding.machines import MISSING, STOPPED
from transcoding.models import START_FAILED, Attempt, Job
from transcoding.services import RETRY_DELAY_SECONDS, attempt_end
from transcoding.signals import announce
from transcoding.states import LIVE_ATTEMPT, AttemptStatus
from uploads.sweeping import put_each_right

logger = logging.getLogger(__name__)

LOOK_SECONDS = 30
"""How often ECS is asked of a task at most: events tell sooner."""
APPEAR_SECONDS = 60
"""For how long ECS may not know the task that it has just started."""
START_SECONDS = 600
"""A machine takes a minute or two; one that has not claimed its attempt for so long never will."""
LINGER_SECONDS = 120
"""For how long the task of an attempt that is over may still clean up."""


class Outcome(StrEnum):
    """What came of one look at a task."""

    TAKEN = "taken"
    REPEATED = "repeated"
    UNKNOWN = "unknown"


def task_seen(seen: TaskSeen) -> Outcome:
    """Take in how a task is. Repeating it does no harm, and neither does telling it late."""
    attempt = Attempt.objects.filter(external_id=seen.arn, launcher="ecs").select_related("job").first()
    if attempt is None:
        return Outcome.UNKNOWN
    moved = _record(attempt, seen)
    if seen.status == STOPPED and attempt.status in LIVE_ATTEMPT:
        _end_stopped(attempt, seen)
    return Outcome.TAKEN if moved else Outcome.REPEATED


def look_after_machines(*, now: datetime) -> None:
    """Ask ECS how its tasks are, and do what that calls for."""
    due = Attempt.objects.to_look_at(now, asked_before=now - timedelta(seconds=LOOK_SECONDS))
    attempts = list(due.select_related("job")[: 2 * TASKS_AT_ONCE])
    put_each_right(_calls(attempts), lambda batch: _look_at(batch, now))
    put_each_right([attempt for attempt in attempts if _never_begins(attempt, now)], _give_up)


def _calls(attempts: Iterable[Attempt]) -> Iterator[Sequence[Attempt]]:
    """Sort attempts into calls: ECS refuses one that names tasks of two clusters."""
    by_cluster: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        by_cluster[cluster_of(attempt.external_id)].append(attempt)
    for own in by_cluster.values():
        for begin in range(0, len(own), TASKS_AT_ONCE):
            yield own[begin : begin + TASKS_AT_ONCE]


def _look_at(batch: Sequence[Attempt], now: datetime) -> None:
    Attempt.objects.filter(pk__in=[attempt.pk for attempt in batch]).update(machine_asked_at=now)
    try:
        look = EcsLauncher().look([attempt.external_id for attempt in batch])
    except LaunchError as error:
        logger.warning("ECS does not say how %d tasks are: %s", len(batch), error)
        return
    put_each_right(look.seen, task_seen)
    missing, running = set(look.missing), {seen.arn for seen in look.seen if not seen.stopping}
    put_each_right([a for a in batch if a.external_id in missing and _had_time(a, now)], _vanish)
    put_each_right([a for a in batch if a.external_id in running and _lingers(a, now)], _stop_again)


def _record(attempt: Attempt, seen: TaskSeen) -> bool:
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=attempt.job_id)
        moved = Attempt.objects.machine_moves(
            attempt.pk, seen.arn, seen.is_later_than,
            machine_status=seen.status, machine_version=seen.version, **seen.facts,
        )  # fmt: skip
        if moved:
            costs.record(attempt.pk)
        attempt.refresh_from_db()
        if moved and attempt.status in LIVE_ATTEMPT and seen.status != STOPPED:
            Job.objects.note(attempt.job_id, f"ECS task {seen.id} is {seen.status}")
            announce(job_id=attempt.job_id, video_id=attempt.job.video_id, status_changed=True)
    return moved


def _end_stopped(attempt: Attempt, seen: TaskSeen) -> None:
    begun = attempt.status == AttemptStatus.RUNNING
    ending = endings.of_task(seen, begun=begun)
    is_memory = ending.code == endings.OUT_OF_MEMORY
    again = Attempt.objects.that_ended_with(attempt.job, endings.OUT_OF_MEMORY).exists()
    failed_start = ending.code == START_FAILED
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code=ending.code, message=ending.message,
        delay_seconds=RETRY_DELAY_SECONDS if failed_start else 0,
        is_final=is_memory and (again or bigger(seen.cpu, seen.memory_mib) is None),
    )  # fmt: skip


def _had_time(attempt: Attempt, now: datetime) -> bool:
    return attempt.hinted_at < now - timedelta(seconds=APPEAR_SECONDS)


def _vanish(attempt: Attempt) -> None:
    """A task that ECS knows no longer has ended. One that reports all the same is left to its lease."""
    attempt.refresh_from_db()
    if attempt.status == AttemptStatus.RUNNING:
        return
    Attempt.objects.filter(pk=attempt.pk).exclude(machine_status=STOPPED).update(machine_status=MISSING)
    message = "ECS knows its task no longer."
    attempt_end(attempt=attempt, status=AttemptStatus.LOST, code=START_FAILED, message=message)


def _lingers(attempt: Attempt, now: datetime) -> bool:
    return attempt.ended_at is not None and attempt.ended_at < now - timedelta(seconds=LINGER_SECONDS)


def _stop_again(attempt: Attempt) -> None:
    machine_stop(attempt_id=attempt.pk)


def _never_begins(attempt: Attempt, now: datetime) -> bool:
    is_old = attempt.hinted_at < now - timedelta(seconds=START_SECONDS)
    return attempt.status == AttemptStatus.LAUNCHED and is_old


def _give_up(attempt: Attempt) -> None:
    """End an attempt whose machine did not begin in time, unless it begins at this moment."""
    attempt.refresh_from_db()
    if attempt.status == AttemptStatus.LAUNCHED:
        message = f"The task was {attempt.machine_status or 'not heard of'} for {START_SECONDS // 60} minutes."
        attempt_end(attempt=attempt, status=AttemptStatus.LOST, code=START_FAILED, message=message)
