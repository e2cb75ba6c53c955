"""Celery tasks of transcoding; each is one call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from transcoding import sweeps
from transcoding.attempts import attempt_run
from transcoding.ecs.starting import machine_start
from transcoding.ecs.stopping import machine_stop


@shared_task
def transcode_video(*, job_id: str, attempt: int, **_: object) -> None:
    """Run one attempt of a job here."""
    attempt_run(job_id=UUID(job_id), number=attempt)


@shared_task
def start_machine(*, attempt_id: int, **_: object) -> None:
    """Ask ECS for the task of an attempt."""
    machine_start(attempt_id=attempt_id, now=timezone.now())


@shared_task
def stop_machine(*, attempt_id: int, **_: object) -> None:
    """Stop the ECS task of an attempt that is over."""
    machine_stop(attempt_id=attempt_id)


@shared_task
def sweep_jobs(**_: object) -> None:
    """Every ten seconds: see transcoding.sweeps."""
    sweeps.sweep_jobs(now=timezone.now())
