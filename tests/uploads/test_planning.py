"""How an upload is cut into parts."""

import pytest

from uploads.planning import MAX_PARTS, MIB, part_count, part_length, part_size_for

SIZES = [1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 10**9, 78 * 1024**3, 80_000 * MIB, 80_000 * MIB + 1, 5 * 1024**4]


@pytest.mark.parametrize("size", SIZES)
def test_the_parts_are_the_file_no_more_and_no_less(size: int) -> None:
    part_size = part_size_for(size)
    count = part_count(size, part_size)
    lengths = [part_length(n, size_bytes=size, part_size_bytes=part_size) for n in range(1, count + 1)]
    assert sum(lengths) == size
    assert min(lengths) > 0
    assert set(lengths[:-1]) <= {part_size}


@pytest.mark.parametrize("size", SIZES)
def test_any_file_fits_in_the_parts_that_s3_allows(size: int) -> None:
    part_size = part_size_for(size)
    assert part_count(size, part_size) <= MAX_PARTS
    assert part_size % MIB == 0
    assert part_size >= 8 * MIB
