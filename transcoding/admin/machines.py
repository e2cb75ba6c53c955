"""The launcher and the machine of an attempt, in words."""

from datetime import datetime

from django.utils import timezone

from transcoding.machine_state import WAITING, machine_state
from transcoding.models import Attempt
from transcoding.states import LIVE_ATTEMPT


def at_a_glance(attempt: Attempt) -> str:
    """Return who has an attempt and, while it lives, how far its machine is and for how long.

    For example "ecs · PROVISIONING 12 s" or "celery (fell back: RESOURCE:CPU)".
    """
    if attempt.launcher == "ecs" and attempt.status in LIVE_ATTEMPT:
        return f"ecs · {machine_state(attempt)} {_age(attempt)}"
    how, _, why = attempt.launch_note.partition(" to Celery: ")
    return f"{attempt.launcher} ({how}: {why})" if why else attempt.launcher


def state_with_age(attempt: Attempt) -> str:
    """Return how far an attempt's machine is and for how long; "" where there is none, nor one on its way."""
    state = machine_state(attempt)
    if not state or (state == WAITING and attempt.status not in LIVE_ATTEMPT):
        return ""
    return f"{state} for {_age(attempt)}"


def size(attempt: Attempt) -> str:
    """Return what an attempt's machine has, "" where ECS has not said."""
    if not attempt.machine_cpu:
        return ""
    return f"{attempt.machine_cpu / 1024:g} vCPU, {attempt.machine_memory_mib} MiB"


def age_text(seconds: float) -> str:
    """Return an age as the pages of watchers write it.

    >>> age_text(12.4), age_text(80), age_text(3900), age_text(-3)
    ('12 s', '1 min 20 s', '1 h 5 min', '0 s')
    """
    minutes, whole = divmod(max(0, int(seconds)), 60)
    if minutes >= 60:  # noqa: PLR2004 — minutes of an hour
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes} min {whole} s" if minutes else f"{whole} s"


def _age(attempt: Attempt) -> str:
    since: datetime = (attempt.external_id and attempt.machine_changed_at) or attempt.launched_at
    return age_text((timezone.now() - since).total_seconds())
