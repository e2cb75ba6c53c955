"""Notice a program that runs for too long, or stands still."""

import time

from transcoding.worker.errors import PlatformError


class Watchdog:
    """Raise from `check()` when nothing moved for stall_seconds, or after wall_seconds in all."""

    def __init__(self, *, stall_seconds: float, wall_seconds: float) -> None:
        self._stall_seconds = stall_seconds
        self._wall_seconds = wall_seconds
        self._started = self._moved = time.monotonic()

    def touch(self) -> None:
        self._moved = time.monotonic()

    def check(self) -> None:
        now = time.monotonic()
        if now - self._started > self._wall_seconds:
            raise PlatformError("platform.timeout", f"It was not done after {self._wall_seconds:.0f} s.")
        if now - self._moved > self._stall_seconds:
            raise PlatformError("platform.stalled", f"Nothing moved for {self._stall_seconds:.0f} s.")
