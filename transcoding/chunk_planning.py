"""Which chunk of a film is to be encoded next. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LEAD_SEGMENTS = 6
"""The lowest quality's head start: a viewer watches it while the others catch up."""
LONGEST = 15
"""Segments of a chunk: a minute. Starting ffmpeg for it costs less than a hundredth; more is lost with a machine."""
KEEPS_UP = 1.2
"""Seconds of video a second. An encoder that is faster stays ahead of every player, also while ffmpeg starts again."""
MARGIN = 2
"""How much further the lowest quality goes than a player would need."""

Stretch = tuple[int, int]
"""Segments from the first number up to, and without, the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What is to be cut: the qualities of the picture, best first, each of so many segments.

    `in_one_piece`: the source cannot be entered in its middle.
    """

    qualities: tuple[str, ...]
    segments: int
    segment_seconds: int
    in_one_piece: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChunk:
    """`count` segments from number `first` on, in these qualities, best first."""

    first: int
    count: int
    qualities: tuple[str, ...]


class Coverage:
    """The segments of one quality that need nobody any more."""

    def __init__(self, stretches: Iterable[Stretch] = ()) -> None:
        self._stretches = sorted(stretches)

    def first_gap(self, end: int) -> Stretch | None:
        """Return the first stretch before `end` that is not covered, or None.

        >>> Coverage([(0, 4), (6, 8)]).first_gap(10), Coverage([(0, 4)]).first_gap(4)
        ((4, 6), None)
        """
        reached = 0
        for first, after in self._stretches:
            if first > reached:
                break
            reached = max(reached, after)
        if reached >= end:
            return None
        return reached, min((first for first, _ in self._stretches if first > reached), default=end)


def stretches_of(numbers: Sequence[int]) -> list[Stretch]:
    """Join numbers in their order into stretches.

    >>> stretches_of([0, 1, 2, 5, 6])
    [(0, 3), (5, 7)]
    """
    stretches: list[Stretch] = []
    for number in numbers:
        if stretches and stretches[-1][1] == number:
            stretches[-1] = stretches[-1][0], number + 1
        else:
            stretches.append((number, number + 1))
    return stretches


def next_chunk(film: Film, covered: Mapping[str, Coverage], *, speed: float | None) -> PlannedChunk | None:
    """Return the chunk that a transcoder should encode now; None when there is nothing left for it.

    It begins with the lowest quality of the first segments, alone, so that there is something to play at once. The
    others catch up. From there on all are encoded together, if the encoder is faster than a player; otherwise the
    lowest quality goes as far ahead as the others need time. `speed` is that of all qualities together in this
    transcoder, in seconds of video a second; None while it is not known.
    """
    gaps = {
        quality: gap
        for quality in film.qualities
        if (gap := covered.get(quality, Coverage()).first_gap(film.segments)) is not None
    }
    if not gaps:
        return None
    if film.in_one_piece:
        return PlannedChunk(first=0, count=film.segments, qualities=film.qualities)
    wanted, most = _wanted(film, gaps, speed=speed)
    return _chunk(wanted, most=most)


def _wanted(film: Film, gaps: Mapping[str, Stretch], *, speed: float | None) -> tuple[Mapping[str, Stretch], int]:
    """Return the gaps that the next chunk is for, and how many segments it may have at most."""
    lowest, uppers = film.qualities[-1], {q: gap for q, gap in gaps.items() if q != film.qualities[-1]}
    if not uppers:
        return gaps, LONGEST
    if lowest not in gaps:
        return uppers, _measured(speed)
    upper_at, lowest_at = min(first for first, _ in uppers.values()), gaps[lowest][0]
    lead = max(upper_at, _lead(film, upper_at, speed=speed))
    if lowest_at < lead:
        return {lowest: gaps[lowest]}, min(LONGEST, lead - lowest_at)
    if upper_at < lowest_at:
        return uppers, min(_measured(speed), lowest_at - upper_at)
    return gaps, LONGEST


def _lead(film: Film, upper_at: int, *, speed: float | None) -> int:
    """Return up to which segment the lowest quality is encoded before any other goes on."""
    if film.segments <= LEAD_SEGMENTS or (speed is not None and speed >= KEEPS_UP):
        return 0
    if not speed:
        return LEAD_SEGMENTS
    return min(film.segments, int((upper_at + LONGEST) * MARGIN / speed))


def _measured(speed: float | None) -> int:
    """Return how long the next chunk may be: the first is short, to tell how fast this source is encoded."""
    return LONGEST if speed else 1


def _chunk(gaps: Mapping[str, Stretch], *, most: int) -> PlannedChunk:
    """Return a chunk of at most so many segments from the first gap on, in every quality that has one there.

    Where qualities stopped at different segments, those that were ahead make the few between once more.
    """
    first = min(gap[0] for gap in gaps.values())
    end = first + most
    qualities = []
    for quality, gap in sorted(gaps.items(), key=lambda one: one[1]):
        if gap[0] < end:
            end = min(end, gap[1])
            qualities.append(quality)
    in_order = tuple(quality for quality in gaps if quality in qualities)
    return PlannedChunk(first=first, count=end - first, qualities=in_order)
