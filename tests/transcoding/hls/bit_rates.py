"""Bit rates as RFC 8216, 4.1 defines them, over parts of a rendition. Pure."""

from collections.abc import Sequence
from fractions import Fraction

from tests.transcoding.hls.streams import Part


def peak(parts: Sequence[Part], *, target_seconds: int) -> float:
    """Return the largest rate of a contiguous run that lasts half to one and a half target durations.

    A rendition that is shorter than every such run is one run.
    """
    rates = [
        rate(parts[first:end])
        for first in range(len(parts))
        for end in range(first + 1, len(parts) + 1)
        if target_seconds / 2 <= _seconds(parts[first:end]) <= target_seconds * 1.5
    ]
    return max(rates, default=rate(parts))


def rate(parts: Sequence[Part]) -> float:
    """Return bits per second."""
    return float(sum(part.size_bytes for part in parts) * 8 / _seconds(parts))


def _seconds(parts: Sequence[Part]) -> Fraction:
    return sum((part.seconds for part in parts), Fraction(0))
