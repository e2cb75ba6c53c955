"""Which constant frame rate a source is encoded at. Pure."""

from fractions import Fraction

HIGHEST = 60
MAX_FRAME_RATE = 240
"""Above what any camera gives: a header that says more is wrong or meant to harm."""
LOWEST = Fraction(1)  # below it a segment would have too few frames to begin on its border
FALLBACK = Fraction(30)


def output_frame_rate(source_rate: Fraction | None, *, most: int) -> Fraction:
    """Return frames per second: the source's own average, halved while it is above 60.

    A rate that is unknown or above `most` is a broken header (57600 has been seen), not a wish.
    """
    if source_rate is None or source_rate <= 0 or source_rate > most:
        return FALLBACK
    rate = source_rate
    while rate > HIGHEST:
        rate /= 2
    return max(rate, LOWEST)
