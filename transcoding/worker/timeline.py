"""The frames of the output, and where they are cut. Pure."""

from dataclasses import dataclass
from fractions import Fraction
from math import ceil


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """`frames` frames at a constant `rate` a second, cut into segments that begin at whole multiples of their length.

    Counted in frames, so that a stretch that is encoded alone has exactly those that it has in one piece with the
    others: at 30000/1001 a second no border is a whole number of milliseconds.
    """

    rate: Fraction
    frames: int
    segment_seconds: int

    @property
    def segments(self) -> int:
        """How many segments there are; the last may be shorter."""
        return int((self.frames - 1) / (self.segment_seconds * self.rate)) + 1

    def first_frame(self, segment: int) -> int:
        """Return the number of the first frame that is shown at the border or after it; `frames` beyond the end."""
        return min(ceil(segment * self.segment_seconds * self.rate), self.frames)

    def seconds(self, frame: int) -> Fraction:
        """Return when a frame is shown."""
        return frame / self.rate


def timeline_of(duration_seconds: float, *, rate: Fraction, segment_seconds: int) -> Timeline:
    """Return the timeline of a source that lasts so long: one frame at least."""
    return Timeline(rate=rate, frames=max(1, round(duration_seconds * rate)), segment_seconds=segment_seconds)
