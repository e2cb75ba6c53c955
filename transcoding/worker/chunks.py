"""Which stretch of which qualities is encoded next. Pure.

A chunk is one run of ffmpeg. Most encode every quality of a stretch at once: then decoding and scaling are done once.
What is different at the beginning, and where the encoder is slower than a player, is the lowest quality: it goes ahead
alone, so that whoever began to watch never has to wait for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from transcoding.worker.ladder import Rung

LEAD_SEGMENTS = 6
"""The lowest quality's head start: a viewer watches it while the others catch up."""
LONGEST = 15
"""Segments of a chunk: a minute. Starting ffmpeg for it costs less than a hundredth; more is lost with a machine."""
KEEPS_UP = 1.2
"""Seconds of video a second. An encoder that is faster stays ahead of every player, also while ffmpeg starts again."""
MARGIN = 2
"""How much further the lowest quality goes than a player would need."""
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


class ChunkQueue:
    """Gives the chunks of a video, one after the other, by how fast those before were encoded.

    It begins with the lowest quality of the first segments, alone, so that there is something to play at once. The
    others catch up. From there on all are encoded together, if the encoder is faster than a player; otherwise the
    lowest quality goes as far ahead as the others need time.
    """

    def __init__(self, rungs: Sequence[Rung], *, segments: int, segment_seconds: int, in_one_piece: bool) -> None:
        """`in_one_piece`: the source cannot be entered in its middle."""
        self._all, self._lowest, self._upper = tuple(rungs), tuple(rungs[-1:]), tuple(rungs[:-1])
        self._segments = segments
        self._segment_seconds = segment_seconds
        self._in_one_piece = in_one_piece or segments <= LEAD_SEGMENTS
        self._lowest_at = self._upper_at = 0
        self._lowest_speed = self._speed = 0.0

    def take(self) -> Chunk | None:
        """Return the next chunk; None when everything was given."""
        if self._in_one_piece:
            chunk = self._chunk(self._all, self._lowest_at, self._segments)
        elif self._lowest_at < (lead := self._lead()):
            chunk = self._chunk(self._lowest, self._lowest_at, lead)
        elif self._upper and self._upper_at < self._lowest_at:
            # The first is short: it tells how fast this source is encoded here.
            count = LONGEST if self._speed else 1
            chunk = self._chunk(self._upper, self._upper_at, min(self._upper_at + count, self._lowest_at))
        else:
            chunk = self._chunk(self._all, self._lowest_at, self._lowest_at + LONGEST)
        if chunk.rungs != self._upper:
            self._lowest_at = chunk.end
        if chunk.rungs != self._lowest:
            self._upper_at = chunk.end
        return chunk if chunk.count else None

    def took(self, chunk: Chunk, seconds: float) -> None:
        """Learn how long a chunk took."""
        speed = chunk.count * self._segment_seconds / max(seconds - START_SECONDS, seconds / 4)
        if chunk.rungs == self._all:
            self._speed = speed
        elif chunk.rungs == self._lowest:
            self._lowest_speed = speed
        else:
            self._speed = 1 / (1 / speed + 1 / self._lowest_speed)

    def end_with(self, chunk: Chunk) -> None:
        """Learn that the source has nothing more behind this chunk."""
        self._segments = min(self._segments, chunk.end)

    def _lead(self) -> int:
        """Return up to which segment the lowest quality is encoded before any other goes on."""
        if not self._upper or self._speed >= KEEPS_UP:
            return 0
        if not self._speed:
            return LEAD_SEGMENTS
        return min(self._segments, int((self._upper_at + LONGEST) * MARGIN / self._speed))

    def _chunk(self, rungs: tuple[Rung, ...], first: int, end: int) -> Chunk:
        return Chunk(first=first, count=min(end, self._segments) - first, rungs=rungs)
