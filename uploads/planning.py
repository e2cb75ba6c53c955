"""How an upload is cut into parts; pure arithmetic."""

from math import ceil

MIB = 1024 * 1024
MIN_PART_BYTES = 8 * MIB
MAX_PARTS = 10_000
"""S3's limit on the parts of one multipart upload."""


def part_size_for(size_bytes: int) -> int:
    """Return the part size in bytes, whole MiB, with which `size_bytes` fits in 10,000 parts.

    >>> part_size_for(1) // MIB, part_size_for(5 * 1024**4) // MIB
    (8, 525)
    """
    return max(MIN_PART_BYTES, ceil(size_bytes / MAX_PARTS / MIB) * MIB)


def part_count(size_bytes: int, part_size_bytes: int) -> int:
    """Return how many parts there are; parts are numbered from 1."""
    return max(1, ceil(size_bytes / part_size_bytes))


def part_length(number: int, *, size_bytes: int, part_size_bytes: int) -> int:
    """Return the length in bytes of part `number`: the last one is what is left."""
    return min(part_size_bytes, size_bytes - (number - 1) * part_size_bytes)
