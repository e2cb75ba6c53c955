"""The chunks that a picture is encoded in."""

from collections.abc import Sequence
from dataclasses import dataclass

from transcoding.worker.ladder import Rung

START_SECONDS = 0.4
"""What ffmpeg takes before its first frame, however long the chunk is: most of the time of a short one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """`count` segments from number `first` on, in these qualities, largest first."""

    first: int
    count: int
    rungs: tuple[Rung, ...]

    @property
    def end(self) -> int:
        """The number of the segment after it."""
        return self.first + self.count


class Pace:
    """How fast this machine encodes this source: the site plans by it."""

    def __init__(self, rungs: Sequence[Rung], *, segment_seconds: int) -> None:
        self._all, self._lowest = tuple(rungs), tuple(rungs[-1:])
        self._segment_seconds = segment_seconds
        self._lowest_speed: float | None = None
        self.speed: float | None = None
        """Seconds of video a second, in all qualities together; None while that is not known."""

    def took(self, chunk: Chunk, seconds: float) -> None:
        """Learn how long a chunk took."""
        speed = chunk.count * self._segment_seconds / max(seconds - START_SECONDS, seconds / 4)
        if chunk.rungs == self._all:
            self.speed = speed
        elif chunk.rungs == self._lowest:
            self._lowest_speed = speed
        elif self._lowest_speed:
            self.speed = 1 / (1 / speed + 1 / self._lowest_speed)
        else:
            self.speed = speed
