"""A server that does not answer is left alone for a while: each call would hold its caller up for half a minute."""

import time
from dataclasses import dataclass

PAUSE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class _Silence:
    until: float
    error: str


_NONE = _Silence(0.0, "")
_noticed = _NONE


def noticed(error: str) -> None:
    """Remember that ECS has just not answered, and what the network did instead."""
    global _noticed  # noqa: PLW0603 — of this process, for every thread of it
    _noticed = _Silence(time.monotonic() + PAUSE_SECONDS, error)


def lasting() -> str:
    """Return the error of a moment ago, which another call would meet again; "" when ECS may be asked."""
    silence = _noticed
    return silence.error if time.monotonic() < silence.until else ""


def forget() -> None:
    """Ask again at once."""
    global _noticed  # noqa: PLW0603 — as above
    _noticed = _NONE
