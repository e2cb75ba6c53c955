"""A server that does not answer is left alone for a while: each call would hold its caller up for half a minute."""

import time
from threading import Lock

PAUSE_SECONDS = 20

_lock = Lock()
_until = 0.0


def noticed() -> None:
    """Remember that ECS has just not answered."""
    global _until  # noqa: PLW0603 — of this process, for every thread of it
    with _lock:
        _until = time.monotonic() + PAUSE_SECONDS


def lasts() -> bool:
    """Say whether it did not answer a moment ago."""
    return time.monotonic() < _until


def forget() -> None:
    """Ask again at once."""
    global _until  # noqa: PLW0603 — as above
    with _lock:
        _until = 0.0
