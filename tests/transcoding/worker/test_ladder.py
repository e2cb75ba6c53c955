"""Which sizes a source is encoded at."""

import pytest

from tests.transcoding.worker.tools import LADDER
from transcoding.worker.ladder import choose_rungs


def sizes(width: int, height: int) -> list[tuple[str, int, int]]:
    return [(rung.quality, rung.width, rung.height) for rung in choose_rungs(LADDER, width=width, height=height)]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1280, 720, [("720p", 1280, 720), ("480p", 854, 480), ("360p", 640, 360), ("240p", 426, 240)]),
        (640, 272, [("360p", 640, 272), ("240p", 426, 182)]),
        (1280, 360, [("720p", 1280, 360), ("480p", 854, 240), ("360p", 640, 180), ("240p", 426, 120)]),
        (720, 1080, [("720p", 720, 1080), ("480p", 480, 720), ("360p", 360, 540), ("240p", 240, 360)]),
        (161, 121, [("240p", 160, 120)]),
        (480, 270, [("360p", 480, 270), ("240p", 426, 240)]),
        (854, 480, [("480p", 854, 480), ("360p", 640, 360), ("240p", 426, 240)]),
    ],
)
def test_it_takes_the_smallest_box_that_holds_the_source_and_all_below(
    width: int, height: int, expected: list[tuple[str, int, int]]
) -> None:
    assert sizes(width, height) == expected


def test_a_source_larger_than_every_box_is_scaled_into_the_largest() -> None:
    assert sizes(3840, 2160)[0] == ("1080p", 1920, 1080)


def test_it_drops_a_rung_that_is_nearly_as_large_as_the_one_above() -> None:
    assert sizes(430, 240) == [("360p", 430, 240)]


@pytest.mark.parametrize("width", [1, 2, 3, 161, 333, 1279, 1281, 1921, 7000])
@pytest.mark.parametrize("height", [1, 2, 3, 121, 239, 720, 1081, 5000])
def test_it_never_scales_up(width: int, height: int) -> None:
    for _, rung_width, rung_height in sizes(width, height):
        assert rung_width <= max(width, 2)
        assert rung_height <= max(height, 2)


@pytest.mark.parametrize("size", [(1, 1), (161, 121), (1919, 1079), (5000, 2), (3, 4000)])
def test_every_side_is_even_and_at_least_two(size: tuple[int, int]) -> None:
    for _, width, height in sizes(*size):
        assert width % 2 == height % 2 == 0
        assert min(width, height) >= 2


def test_there_is_always_at_least_one_rung_and_the_largest_comes_first() -> None:
    found = sizes(1920, 1080)
    assert [quality for quality, _, _ in found] == ["1080p", "720p", "480p", "360p", "240p"]


def test_the_order_in_the_specification_does_not_matter() -> None:
    shuffled = choose_rungs(reversed(LADDER), width=1280, height=720)
    assert shuffled == choose_rungs(LADDER, width=1280, height=720)


def test_the_shape_stays_within_the_rounding_to_even_sides() -> None:
    for _, width, height in sizes(1440, 1080):
        assert abs(width / height - 4 / 3) < 0.02
