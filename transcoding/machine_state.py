"""How far the machine of an attempt is, in one word."""

from transcoding.models import Attempt

WAITING = "WAITING"
"""Ours, for an attempt that ECS has given no task yet: for want of capacity, or because it was not asked yet."""
FIRST_STATUS = "PROVISIONING"
"""Where every ECS task begins, told or not."""


def machine_state(attempt: Attempt) -> str:
    """Return ECS's last word of the attempt's task, WAITING while there is none, "" for an attempt of Celery's."""
    if attempt.launcher != "ecs":
        return ""
    return attempt.machine_status or (FIRST_STATUS if attempt.external_id else WAITING)
