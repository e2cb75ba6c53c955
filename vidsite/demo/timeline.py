"""When a video came to what, in seconds since its upload was complete."""

import time

from vidsite.demo.state import VideoState

Timeline = dict[str, float]


def note(timeline: Timeline, state: VideoState, *, began: float) -> None:
    """Write down what is there for the first time; `began` is a moment of time.monotonic()."""
    for name in _reached(state):
        timeline.setdefault(name, time.monotonic() - began)


def in_words(timeline: Timeline) -> str:
    """Put it into a line."""
    return " · ".join(f"{name} {seconds:.1f} s" for name, seconds in timeline.items())


def _reached(state: VideoState) -> list[str]:
    reached = []
    if state.machine:
        # ECS's own words, of which "running" is the last and the job's next.
        reached.append(state.machine.status.lower())
    elif state.status == "RUNNING":
        reached.append("running")
    if state.playable:
        reached.append("playable")
    if state.final:
        reached.append(state.status.lower())
    return reached
