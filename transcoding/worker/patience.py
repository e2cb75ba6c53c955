"""Try again what failed, with pauses that grow, and give up in the end."""

import random
import time
from collections.abc import Callable

FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 5.0
LOOK_SECONDS = 0.1


class Patience:
    """How long one thing may go on failing: `seconds` from its first try, or from when it last got on."""

    def __init__(self, seconds: float, *, check: Callable[[], None]) -> None:
        self._seconds = seconds
        self._check = check
        self.start_anew()

    def start_anew(self) -> None:
        self._deadline = time.monotonic() + self._seconds
        self._pause_seconds = FIRST_PAUSE_SECONDS

    def wait(self, failure: Exception) -> None:
        """Pause before the next try, calling `check`; raise `failure` when there is no time for another."""
        self._check()
        # Transcoders that lost the same server must not all come back at the same moment.
        over = time.monotonic() + self._pause_seconds * random.uniform(0.5, 1.0)  # noqa: S311 — keeps no secret
        if over > self._deadline:
            raise failure
        while (left := over - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_SECONDS))
            self._check()
        self._pause_seconds = min(2 * self._pause_seconds, LONGEST_PAUSE_SECONDS)
