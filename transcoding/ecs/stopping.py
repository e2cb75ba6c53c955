"""Stops the machine of an attempt that is over."""

import logging

from transcoding.ecs.launcher import EcsLauncher
from transcoding.launch_errors import LaunchError
from transcoding.models import Attempt

logger = logging.getLogger(__name__)


def machine_stop(*, attempt_id: int) -> None:
    """Stop the ECS task of an attempt that is over; when that cannot be done now, the sweep does it."""
    attempt = Attempt.objects.filter(pk=attempt_id, launcher=EcsLauncher.name).first()
    if attempt is None or attempt.ended_at is None or attempt.has_stopped:
        return
    try:
        EcsLauncher().stop(attempt, reason=attempt.end_reason)
    except LaunchError as error:
        logger.warning("Not stopped yet: the ECS task of %s: %s", attempt, error)
