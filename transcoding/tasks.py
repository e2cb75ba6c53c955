"""Celery tasks of transcoding; each is one call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from transcoding import sweeps
from transcoding.attempts import attempt_run


@shared_task
def transcode_video(*, job_id: str, attempt: int, **_: object) -> None:
    """Run one attempt of a job here."""
    attempt_run(job_id=UUID(job_id), number=attempt)


@shared_task
def sweep_jobs(**_: object) -> None:
    """Every ten seconds: see transcoding.sweeps."""
    sweeps.sweep_jobs(now=timezone.now())
