"""What a stranger's tags say of colours and transparency."""

from typing import Any

import pytest

from transcoding.worker import colours


def video(**changes: Any) -> dict[str, Any]:
    return {"codec_name": "h264", "width": 640, "height": 360, "pix_fmt": "yuv420p"} | changes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "smpte170m"),
        ({"width": 720, "height": 576}, "smpte170m"),
        ({"width": 1280, "height": 536}, "bt709"),
        ({"width": 640, "height": 1280}, "bt709"),
        ({"width": 768, "height": 720}, "bt709"),
        ({"color_space": "bt709"}, "bt709"),
        ({"width": 1920, "height": 1080, "color_space": "bt470bg"}, "bt470bg"),
        ({"width": 1920, "height": 1080, "color_space": "nonsense"}, "bt709"),
        ({"color_space": "bt2020c"}, "bt2020c"),
        ({"color_space": "bt2020c", "color_transfer": "arib-std-b67"}, "bt2020nc"),
        ({"width": 1920, "height": 1080, "color_transfer": "smpte2084"}, "bt2020nc"),
        ({"color_space": "bt709", "color_transfer": "smpte2084"}, "bt709"),
        ({"pix_fmt": "gbrp", "color_space": "gbr"}, "gbr"),
        ({"pix_fmt": "rgb24"}, "gbr"),
        ({"pix_fmt": "bgr0"}, "gbr"),
        ({"pix_fmt": "0rgb"}, "gbr"),
        ({"pix_fmt": "argb"}, "gbr"),
        ({"pix_fmt": "pal8"}, "gbr"),
    ],
)
def test_the_matrix_is_the_tag_or_what_players_assume(changes: dict[str, Any], expected: str) -> None:
    assert colours.matrix(video(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"pix_fmt": "yuva420p"}, True),
        ({"pix_fmt": "rgba64be"}, True),
        ({"pix_fmt": "bgra", "codec_name": "rawvideo"}, False),
        ({"codec_name": "vp9", "tags": {"ALPHA_MODE": "1"}}, True),
        ({"codec_name": "vp9", "tags": {"alpha_mode": "0"}}, False),
    ],
)
def test_transparency_is_in_the_pixels_or_beside_them(changes: dict[str, Any], *, expected: bool) -> None:
    assert colours.has_alpha(video(**changes)) is expected


@pytest.mark.parametrize(("profile", "expected"), [(5, True), (7, False), (8, False)])
def test_only_dolby_vision_without_a_base_layer_is_for_dolby_alone(profile: int, *, expected: bool) -> None:
    side_data = [{"side_data_type": "DOVI configuration record", "dv_profile": profile}]
    assert colours.is_dolby_only(video(side_data_list=side_data)) is expected
