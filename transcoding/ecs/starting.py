"""Gives an attempt its machine: asks ECS until there is a task, or Celery has the attempt."""

import logging
import random
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from transcoding.ecs.launcher import EcsLauncher
from transcoding.launch_errors import LaunchError, LaunchRefused
from transcoding.launching import MAX_NOTE, attempt_launch, fell_back
from transcoding.models import Attempt, Job
from transcoding.signals import announce
from transcoding.states import AttemptStatus

logger = logging.getLogger(__name__)

CALL_SECONDS = 90
"""Until another process may ask ECS for the same attempt: longer than a call takes that nobody answers."""
CLOCKS = timedelta(seconds=1)
"""By how much the clocks of two machines may differ: a hint comes within milliseconds of the row."""
SHORTEST_WAIT, LONGEST_WAIT = 5, 60
JITTER = 0.2


def machine_start(*, attempt_id: int, now: datetime) -> None:
    """Ask ECS for the task of an attempt that is due for one, unless somebody else does.

    1. A task, or one that was there already: its ARN is kept.
    2. None for now: the reason is kept, and the sweep asks again after a while.
    3. None ever, or for ECS_FALLBACK_SECONDS: Celery has the attempt.
    """
    attempt = Attempt.objects.without_machine(now + CLOCKS).select_related("job").filter(pk=attempt_id).first()
    until = timezone.now() + timedelta(seconds=CALL_SECONDS)
    if attempt is None or not Attempt.objects.claim_launch(attempt, until=until):
        return
    try:
        arn = EcsLauncher().launch(attempt)
    except LaunchRefused as refusal:
        logger.error("ECS refuses %s: %s", attempt, refusal)
        _fall_back(attempt, str(refusal))
    except LaunchError as error:
        if timezone.now() >= _patience_ends_at(attempt):
            _fall_back(attempt, str(error))
        else:
            _wait(attempt, error.note)
    else:
        _begin(attempt, arn)


def _wait(attempt: Attempt, note: str) -> None:
    logger.warning("Launching %s has to wait: %s", attempt, note)
    again_at = min(timezone.now() + _back_off(attempt), _patience_ends_at(attempt))
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        if Attempt.objects.keep_waiting(attempt.pk, note=note[:MAX_NOTE], again_at=again_at):
            _tell(job, note)


def _begin(attempt: Attempt, arn: str) -> None:
    """Keep the ARN of an attempt's task; a task that nobody wants any more is stopped."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        is_given = Attempt.objects.give_machine(attempt.pk, arn)
        attempt.refresh_from_db()
        if is_given and attempt.status == AttemptStatus.LAUNCHED:
            _tell(job, f"ECS starts task {arn.rpartition('/')[2]}")
    if not is_given and attempt.external_id == arn:
        return
    if not is_given or attempt.status in {AttemptStatus.LOST, AttemptStatus.CANCELLED}:
        try:
            EcsLauncher().stop_task(arn, reason=f"{attempt} wants it no more")
        except LaunchError as error:
            # It asks for its job first, and is told that there is none for it.
            logger.warning("Not stopped: ECS task %s, which nobody wants: %s", arn, error)


def _fall_back(attempt: Attempt, reason: str) -> None:
    """Give an attempt to Celery, unless a call without an answer has started a task after all."""
    try:
        arn = EcsLauncher().find(attempt)
    except LaunchError as error:
        # Should there be one, it finds the attempt claimed, or Celery's worker does: one of the two runs it.
        logger.warning("Not known whether %s has an ECS task: %s", attempt, error)
        arn = ""
    if arn:
        _begin(attempt, arn)
        return
    note = fell_back(reason)
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        if not Attempt.objects.give_to_celery(attempt.pk, note=note):
            return
        _tell(job, note)
        attempt.refresh_from_db()
        transaction.on_commit(lambda: attempt_launch(attempt), robust=True)


def _tell(job: Job, note: str) -> None:
    Job.objects.note(job.pk, note)
    announce(job_id=job.pk, video_id=job.video_id, status_changed=True)


def _patience_ends_at(attempt: Attempt) -> datetime:
    return attempt.launched_at + timedelta(seconds=settings.ECS_FALLBACK_SECONDS)


def _back_off(attempt: Attempt) -> timedelta:
    """Return as long again as it has waited so far, within bounds: 5, 10, 20, 40, 60, 60 seconds, more or less."""
    waited = (timezone.now() - attempt.launched_at).total_seconds()
    seconds = min(max(waited, SHORTEST_WAIT), LONGEST_WAIT)
    return timedelta(seconds=seconds * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311 — spreads calls, hides nothing
