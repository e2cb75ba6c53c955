"""Which sizes a source is encoded at. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from transcoding.worker.spec import LadderEntry

NEARLY_THE_SAME = Fraction(9, 10)
MIN_SIDE = 2  # 4:2:0 chroma has half the pixels of luma in each direction


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One target: even width and height in square pixels, cap in bits per second."""

    quality: str
    width: int
    height: int
    max_bitrate: int


def choose_rungs(entries: Iterable[LadderEntry], *, width: int, height: int) -> tuple[Rung, ...]:
    """Choose the rungs, largest first, for a source shown at width x height square pixels.

    A quality is a 16:9 box turned to the source's orientation. The top rung is the smallest box that
    contains the source (or the largest there is); every lower one follows unless it is nearly as large
    as the one above. Nothing is ever scaled up.
    """
    ordered = sorted(entries, key=lambda entry: entry.height)
    top = next((n for n, entry in enumerate(ordered) if _contains(entry, width, height)), len(ordered) - 1)
    rungs: list[Rung] = []
    for entry in reversed(ordered[: top + 1]):
        rung = _fit(entry, width, height)
        if not rungs or _is_clearly_smaller(rung, rungs[-1]):
            rungs.append(rung)
    return tuple(rungs)


def fit_inside(width: int, height: int, *, box: tuple[int | Fraction, int | Fraction]) -> tuple[int, int]:
    """Scale width x height down, never up, into the box; both sides come out even."""
    scale = min(Fraction(1), Fraction(box[0]) / width, Fraction(box[1]) / height)
    return _even(width * scale, most=width), _even(height * scale, most=height)


def _long_side(entry: LadderEntry) -> Fraction:
    return Fraction(entry.height * 16, 9)


def _contains(entry: LadderEntry, width: int, height: int) -> bool:
    # 480p is 854 wide by custom, though 16:9 says 853.3.
    return max(width, height) <= int(_long_side(entry)) + 1 and min(width, height) <= entry.height


def _fit(entry: LadderEntry, width: int, height: int) -> Rung:
    long_side, short_side = _long_side(entry), Fraction(entry.height)
    if _contains(entry, width, height):
        long_side = Fraction(max(width, height))
    box = (short_side, long_side) if height > width else (long_side, short_side)
    fitted = fit_inside(width, height, box=box)
    return Rung(quality=entry.quality, width=fitted[0], height=fitted[1], max_bitrate=entry.max_bitrate)


def _is_clearly_smaller(rung: Rung, above: Rung) -> bool:
    return max(rung.width, rung.height) < NEARLY_THE_SAME * max(above.width, above.height)


def _even(side: Fraction, *, most: int) -> int:
    """Return the nearest even number of pixels that is not more than there are."""
    nearest = int(side / 2 + Fraction(1, 2)) * 2
    return max(MIN_SIDE, min(nearest, most // 2 * 2))
