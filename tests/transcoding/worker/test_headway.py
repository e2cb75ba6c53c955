"""How far an encode says that it is."""

import pytest

from transcoding.worker.headway import Headway
from transcoding.worker.ladder import Rung

LARGE = Rung(quality="720p", width=1280, height=720, max_bitrate=1)
SMALL = Rung(quality="360p", width=640, height=360, max_bitrate=1)


@pytest.fixture
def headway() -> Headway:
    return Headway([LARGE, SMALL], frames=200, seconds=10.0)


def test_each_rung_has_its_own_percentage(headway: Headway) -> None:
    headway.reach([SMALL], 100)
    assert (headway.percent("720p"), headway.percent("360p")) == (0, 50)


def test_the_whole_is_weighed_by_pixels(headway: Headway) -> None:
    headway.reach([SMALL], 200)
    assert headway.encoded_seconds == pytest.approx(2.0)
    headway.reach([LARGE], 200)
    assert headway.encoded_seconds == 10.0


def test_nothing_goes_back_or_beyond_the_end(headway: Headway) -> None:
    headway.reach([LARGE, SMALL], 150)
    headway.reach([SMALL], 100)
    assert headway.percent("360p") == 75
    headway.reach([SMALL], 1000)
    assert headway.percent("360p") == 100


def test_chunks_add_up(headway: Headway) -> None:
    headway.reach([SMALL], 60)
    headway.finish_chunk()
    headway.reach([LARGE, SMALL], 40)
    assert (headway.percent("720p"), headway.percent("360p")) == (20, 50)


def test_it_goes_on_from_what_others_made(headway: Headway) -> None:
    headway.go_on_from({"720p": 100})
    headway.reach([LARGE, SMALL], 50)
    assert (headway.percent("720p"), headway.percent("360p")) == (75, 25)


def test_what_others_made_is_not_counted_as_speed(headway: Headway) -> None:
    headway.go_on_from({"720p": 100, "360p": 100})
    headway.reach([LARGE, SMALL], 1)
    assert headway.speed is None


def test_the_speed_is_unknown_before_every_rung_moved(headway: Headway) -> None:
    headway.reach([SMALL], 100)
    assert headway.speed is None
    headway.reach([LARGE], 100)
    headway.reach([LARGE], 101)
    assert headway.speed is not None
    assert headway.speed > 0
