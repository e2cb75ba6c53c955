"""The janitor of jobs: whatever process died, lost a message or fell silent, the job goes on."""

import logging
from datetime import datetime, timedelta

import httpx
from django.conf import settings

from transcoding.ecs.starting import machine_start
from transcoding.ecs.watching import look_after_machines
from transcoding.hints import HINT_SECONDS
from transcoding.launching import attempt_launch
from transcoding.models import Attempt, Job
from transcoding.services import attempt_end, job_launch
from transcoding.states import AttemptStatus
from uploads.stores import get_store
from uploads.sweeping import put_each_right

logger = logging.getLogger(__name__)

BATCH = 200
LATE_WRITES = timedelta(seconds=120)
"""How long a transcoder that was told to stop may still be writing."""
OUTAGE = timedelta(hours=1)
"""For how long a transcoder goes on trying to tell how it ended: see transcoding.worker.reporter."""
ANSWER_SECONDS = 3


def sweep_jobs(*, now: datetime) -> None:
    """Put right what is not.

    End stalled attempts, launch what is due, ask again for what nobody took up, look after machines, remove what came
    to nothing.
    """

    def end_silent(attempt: Attempt) -> None:
        lost = attempt_end(
            attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost",
            message="The transcoder stopped reporting.", silent_since=now,
        )  # fmt: skip
        if lost:
            logger.warning("Lost: %s has not reported since %s", attempt, attempt.heartbeat_at)

    def remove_files(job: Job) -> None:
        get_store().delete_prefix(job.files_prefix)
        Job.objects.filter(pk=job.pk).update(files_removed_at=now)

    _spare_unheard(now)
    put_each_right(Attempt.objects.lease_expired(now)[:BATCH], end_silent)
    due = Job.objects.due(now).order_by("created_at").values_list("pk", flat=True)
    put_each_right(due[:BATCH], lambda job_id: job_launch(job_id=job_id))
    unstarted = Attempt.objects.unstarted_since(now - timedelta(seconds=HINT_SECONDS))
    put_each_right(unstarted.order_by("launched_at")[:BATCH], attempt_launch)
    waiting = Attempt.objects.without_machine(now).order_by("launched_at").values_list("pk", flat=True)
    put_each_right(waiting[:BATCH], lambda attempt_id: machine_start(attempt_id=attempt_id, now=now))
    look_after_machines(now=now)
    put_each_right(Job.objects.leaving_files(now - LATE_WRITES)[:BATCH], remove_files)


def site_answers() -> bool:
    """Say whether a transcoder could report now."""
    try:
        answer = httpx.get(f"{settings.REPORT_URL}/healthz", timeout=ANSWER_SECONDS, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL, OSError):
        return False
    return answer.is_success


def _spare_unheard(now: datetime) -> None:
    """Renew leases while the site is away: a silence that is its own must cost no job an attempt."""
    unheard = Attempt.objects.lease_expired(now).heard_since(now - OUTAGE)
    if unheard.exists() and not site_answers():
        spared = unheard.update(lease_until=now + timedelta(seconds=settings.JOB_LEASE_SECONDS))
        logger.warning("The site does not answer at %s: %d silent attempts are spared", settings.REPORT_URL, spared)
