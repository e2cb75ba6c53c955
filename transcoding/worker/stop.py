"""The one switch that ends everything that is under way."""

from transcoding.worker.errors import Interrupted, Stopped


class StopSwitch:
    """Remember why to stop; any thread or signal handler may set it, and an order of the site goes first."""

    def __init__(self) -> None:
        self._reason: Stopped | Interrupted | None = None

    def set(self, reason: Stopped | Interrupted) -> None:
        if self._reason is None or isinstance(reason, Stopped):
            self._reason = reason

    @property
    def reason(self) -> Stopped | Interrupted | None:
        return self._reason

    def check(self) -> None:
        """Raise the reason to stop, if there is one."""
        if self._reason is not None:
            raise self._reason
