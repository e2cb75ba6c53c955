"""What starts a transcoder for an attempt."""

from typing import Protocol

from celery import current_app
from kombu.exceptions import OperationalError

from transcoding.ecs.launcher import EcsLauncher
from transcoding.launch_errors import LaunchError
from transcoding.models import Attempt

HINT_SECONDS = 20
"""An attempt nobody has taken up for this long is asked for again; the older message expires unread."""
TRY_ONCE = {"max_retries": 0, "interval_start": 0, "socket_timeout": 3}
"""Without it kombu waits six seconds for a broker that is down, in the request that completes an upload."""


class Launcher(Protocol):
    """Starts a transcoder. Asking twice for the same attempt starts it once."""

    name: str

    def launch(self, attempt: Attempt) -> str:
        """Ask for a transcoder and return the launcher's id of it.

        Raises LaunchError, or LaunchRefused when asking again would change nothing.
        """
        ...


class CeleryLauncher:
    """Sends a hint to the transcode queue; the worker that takes it claims the attempt in the database."""

    name = "celery"

    def launch(self, attempt: Attempt) -> str:
        try:
            with current_app.connection_for_write(transport_options=TRY_ONCE) as connection:
                sent = current_app.send_task(
                    "transcoding.tasks.transcode_video",
                    kwargs={"job_id": str(attempt.job_id), "attempt": attempt.number},
                    expires=2 * HINT_SECONDS,
                    connection=connection,
                    retry=False,
                )
        except (OperationalError, OSError) as error:
            raise LaunchError(f"the broker did not take the message: {error}") from error
        return str(sent.id)


def get_launcher(name: str) -> Launcher:
    """Return the launcher of that name, as settings.LAUNCHER and attempts have it."""
    return EcsLauncher() if name == EcsLauncher.name else CeleryLauncher()
