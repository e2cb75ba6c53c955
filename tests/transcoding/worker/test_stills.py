"""The plan of the storyboard and the size of the poster."""

import pytest

from transcoding.worker.ladder import Rung
from transcoding.worker.stills import plan_storyboard, storyboard_command

LOW = Rung(quality="240p", width=426, height=240, max_bitrate=400_000)


@pytest.mark.parametrize(
    ("seconds", "count", "interval"),
    [(0.04, 1, 4), (4.0, 1, 4), (4.004, 2, 4), (60, 15, 4), (400, 100, 4), (404, 51, 8), (43200, 100, 432)],
)
def test_there_are_at_most_a_hundred_tiles(seconds: float, count: int, interval: int) -> None:
    board = plan_storyboard(LOW, duration_seconds=seconds, segment_seconds=4)
    assert (board.count, board.interval_seconds) == (count, interval)
    assert board.columns * board.rows >= count
    assert board.columns * (board.rows - 1) < count


def test_a_tile_is_160_pixels_on_its_long_side() -> None:
    tall = Rung(quality="240p", width=240, height=426, max_bitrate=400_000)
    assert plan_storyboard(LOW, duration_seconds=9, segment_seconds=4).tile_width == 160
    assert plan_storyboard(tall, duration_seconds=9, segment_seconds=4).tile_height == 160


def test_only_keyframes_are_decoded_and_each_kept_one_makes_a_tile() -> None:
    board = plan_storyboard(LOW, duration_seconds=804, segment_seconds=4)
    argv = storyboard_command("240p", board=board)
    assert argv[argv.index("-skip_frame") + 1] == "nokey"
    assert f"nb_frames={board.count}" in argv[argv.index("-filter_complex") + 1]
