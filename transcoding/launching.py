"""Asking for a transcoder: which launcher an attempt has, and the hint on which it starts."""

from django.conf import settings
from django.utils import timezone

from transcoding.ecs.launcher import EcsLauncher
from transcoding.hints import send_hint
from transcoding.models import START_FAILED, Attempt, Job

FAILED_STARTS = 2
"""After so many machines of a job that never began, the next attempt is a Celery worker's."""
MAX_NOTE = 200


def launcher_of_next(job: Job) -> tuple[str, str]:
    """Return the launcher of a job's next attempt, and why it is not the one of the settings, if so."""
    if EcsLauncher.name != settings.LAUNCHER:
        return settings.LAUNCHER, ""
    failed_starts = Attempt.objects.that_ended_with(job, START_FAILED).order_by("-number")
    if len(failed_starts) >= FAILED_STARTS:
        return "celery", fell_back(failed_starts[0].end_reason.removeprefix(f"{START_FAILED}: "))
    if job.video.size_bytes <= settings.ECS_CELERY_MAX_BYTES:
        return "celery", "given to Celery: the source is small"
    return EcsLauncher.name, ""


def attempt_launch(attempt: Attempt) -> None:
    """Have a transcoder started for an attempt; a hint that is lost is the sweep's to make good.

    Nobody waits for ECS here: a housekeeping worker asks it, for requests must not hang with it.
    """
    if attempt.launcher == EcsLauncher.name:
        send_hint("start_machine", attempt_id=attempt.pk)
        return
    Attempt.objects.filter(pk=attempt.pk).update(hinted_at=timezone.now())
    if hint_id := send_hint("transcode_video", job_id=str(attempt.job_id), attempt=attempt.number):
        Attempt.objects.filter(pk=attempt.pk).update(external_id=hint_id)


def fell_back(reason: str) -> str:
    """Return the note of an attempt that ECS could not have."""
    return f"fell back to Celery: {reason}"[:MAX_NOTE]
