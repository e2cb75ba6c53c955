"""Reading a stranger's streams."""

from fractions import Fraction
from typing import Any

import pytest

from transcoding.worker import streams


def video(**changes: Any) -> dict[str, Any]:
    found = {"index": 0, "codec_type": "video", "codec_name": "h264", "width": 640, "height": 360, "disposition": {}}
    return found | changes


def audio(**changes: Any) -> dict[str, Any]:
    return {"index": 1, "codec_type": "audio", "codec_name": "aac", "disposition": {}} | changes


def index_of(stream: streams.Stream | None) -> int | None:
    return None if stream is None else stream["index"]


def test_cover_art_is_no_video() -> None:
    assert streams.choose_video([video(disposition={"attached_pic": 1})]) is None


def test_the_default_video_is_chosen_before_a_larger_one() -> None:
    found = [video(index=0, width=1920, height=1080), video(index=1, disposition={"default": 1})]
    assert index_of(streams.choose_video(found)) == 1


def test_among_default_videos_the_largest_is_chosen_and_then_the_first() -> None:
    default = {"disposition": {"default": 1}}
    found = [video(index=0, width=320, **default), video(index=2, **default), video(index=3, **default)]
    assert index_of(streams.choose_video(found)) == 2


def test_the_default_sound_is_chosen() -> None:
    assert index_of(streams.choose_audio([audio(index=1), audio(index=2, disposition={"default": 1})])) == 2


def test_sound_that_can_be_decoded_is_chosen_before_the_default() -> None:
    odd = audio(index=1, codec_name="apac", disposition={"default": 1})
    assert index_of(streams.choose_audio([odd, audio(index=2)])) == 2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"sample_aspect_ratio": "1:1"}, (640, 360)),
        ({"sample_aspect_ratio": "2:1"}, (1280, 360)),
        ({"sample_aspect_ratio": "16:15", "width": 720, "height": 576}, (768, 576)),
        ({"sample_aspect_ratio": "0:1"}, (640, 360)),
        ({"sample_aspect_ratio": "1:100000"}, (640, 360)),
        ({"sample_aspect_ratio": "N/A"}, (640, 360)),
        ({"side_data_list": [{"rotation": -90}]}, (360, 640)),
        ({"side_data_list": [{"rotation": 270}]}, (360, 640)),
        ({"side_data_list": [{"rotation": 180}]}, (640, 360)),
        ({"side_data_list": [{"side_data_type": "CPB properties"}]}, (640, 360)),
        ({"sample_aspect_ratio": "2:1", "side_data_list": [{"rotation": 90}]}, (360, 1280)),
        ({"width": None, "height": "x"}, (0, 0)),
    ],
)
def test_the_display_size_is_upright_and_in_square_pixels(changes: dict[str, Any], expected: tuple[int, int]) -> None:
    assert streams.display_size(video(**changes)) == expected


@pytest.mark.parametrize(
    ("average", "nominal", "expected"),
    [
        ("30000/1001", "30000/1001", Fraction(30000, 1001)),
        ("24/1", "90/1", Fraction(24)),
        ("139/8", "30/1", Fraction(30)),
        ("500/599", "10/1", Fraction(10)),
        ("1/10", "90000/1", Fraction(1, 10)),
        ("0/0", "25/1", Fraction(25)),
        ("117/4", "30/1", Fraction(30)),
        ("30000/1001", "30/1", Fraction(30000, 1001)),
        ("20/1", "30/1", Fraction(30)),
        ("31/1", "30/1", Fraction(30)),
        ("0/0", "0/0", None),
    ],
)
def test_the_frame_rate_is_the_average_unless_frames_are_missing(
    average: str, nominal: str, expected: Fraction | None
) -> None:
    assert streams.frame_rate(video(avg_frame_rate=average, r_frame_rate=nominal)) == expected


def test_a_nominal_rate_of_fields_is_not_one_of_frames() -> None:
    fields = video(avg_frame_rate="25/1", r_frame_rate="50/1", field_order="tt")
    assert streams.frame_rate(fields) == Fraction(25)


@pytest.mark.parametrize("value", [None, "N/A", "inf", "nan", "1e999", "", "1/0", []])
def test_what_is_no_time_is_none(value: object) -> None:
    assert streams.seconds(value) is None
