"""Viewers see what the source shows: colours, brightness, orientation, and no more than one field at a time."""

import struct
from pathlib import Path

import pytest

from tests.transcoding.worker.films import Colour, colours_at, difference, film_of, rgb_at
from tests.transcoding.worker.tools import ffmpeg, interlaced_frames

pytestmark = pytest.mark.media

PATCHES: list[Colour] = [
    (255, 255, 255),
    (128, 128, 128),
    (200, 30, 30),
    (30, 180, 40),
    (30, 40, 200),
    (224, 172, 140),
]
PLACES = [((n + 0.5) / len(PATCHES), 0.5) for n in range(len(PATCHES))]
CLOSE = 5
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "2")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=error", "-crf", "4")
UNTAGGED = "setparams=colorspace=unknown:range=unknown"


def tags(matrix: str, primaries: str = "bt709", transfer: str = "bt709", levels: str = "tv") -> tuple[str, ...]:
    return ("-colorspace", matrix, "-color_primaries", primaries, "-color_trc", transfer, "-color_range", levels)


def make_patches(path: Path, filters: str, *encoder: str, size: str = "640x96") -> Path:
    """Make a quarter of a second of the patches, side by side; the filters begin with BT.709's RGB."""
    width, height = map(int, size.split("x"))
    inputs: list[str] = []
    for red, green, blue in PATCHES:
        box = f"{width // len(PATCHES) // 2 * 2}x{height}"
        colour = f"color=0x{red:02x}{green:02x}{blue:02x}:size={box}:rate=24:duration=0.25,format=gbrp"
        inputs += ["-f", "lavfi", "-i", colour]
    ffmpeg(*inputs, "-filter_complex", f"hstack=inputs={len(PATCHES)},{filters}", *encoder, path)
    return path


@pytest.mark.parametrize(
    ("name", "filters", "encoder", "size"),
    [
        ("709.mp4", "zscale=m=709:r=limited,format=yuv420p", (*X264, *tags("bt709")), "640x96"),
        ("709_untagged_hd.mp4", f"zscale=m=709:r=limited,format=yuv420p,{UNTAGGED}", X264, "1296x96"),
        ("601_untagged_sd.mp4", f"zscale=m=170m:r=limited,format=yuv420p,{UNTAGGED}", X264, "640x96"),
        ("601_tagged_hd.mp4", "zscale=m=470bg:r=limited,format=yuv420p", (*X264, *tags("bt470bg")), "1296x96"),
        ("full_range.mp4", "zscale=m=709:r=full,format=yuv420p", (*X264, *tags("bt709", levels="pc")), "640x96"),
        ("jpeg.avi", "zscale=m=470bg:r=full,format=yuvj420p", ("-c:v", "mjpeg", "-q:v", "2"), "640x96"),
        ("rgb.mp4", "format=rgb24", ("-c:v", "libx264rgb", "-qp", "0"), "640x96"),
        ("rgb.mov", "format=rgb24", ("-c:v", "png"), "640x96"),
        ("444.mp4", "zscale=m=709:r=limited,format=yuv444p", (*X264, *tags("bt709")), "640x96"),
        (
            "422_10_bit.mov",
            "zscale=m=709:r=limited,format=yuv422p10le",
            ("-c:v", "prores_ks", *tags("bt709")),
            "640x96",
        ),
        ("10_bit.mp4", "zscale=m=709:r=limited,format=yuv420p10le", (*X265, *tags("bt709")), "640x96"),
        (
            "2020_sdr.mp4",
            "zscale=tin=709:pin=709:p=2020:t=2020_10:m=2020_ncl:r=limited,format=yuv420p10le",
            (*X265, *tags("bt2020nc", "bt2020", "bt2020-10")),
            "640x96",
        ),
        (
            "525_lines.mp4",
            "zscale=tin=709:pin=709:p=smpte170m:t=601:m=170m:r=limited,format=yuv420p",
            (*X264, *tags("smpte170m", "smpte170m", "smpte170m")),
            "640x96",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and "=" not in value else "",
)
def test_colours_are_converted_to_bt709_and_marked_so(
    tmp_path: Path, name: str, filters: str, encoder: tuple[str, ...], size: str
) -> None:
    film = film_of(make_patches(tmp_path / name, filters, *encoder, size=size))
    assert difference(colours_at(film.picture, *PLACES), PATCHES) <= CLOSE
    found = film.stream
    assert (found["pix_fmt"], found["color_range"]) == ("yuv420p", "tv")
    assert {found["color_space"], found["color_primaries"], found["color_transfer"]} == {"bt709"}


def test_the_poster_has_the_colours_of_the_film(tmp_path: Path) -> None:
    source = make_patches(tmp_path / "clip.mp4", "zscale=m=709:r=limited,format=yuv420p", *X264, *tags("bt709"))
    assert difference(rgb_at(film_of(source).poster, *PLACES), PATCHES) <= CLOSE


GREYS = {"smpte2084": (0.0, 0.379, 0.581, 0.752), "arib-std-b67": (0.0, 0.359, 0.75, 1.0)}
"""Signals of black, middle grey (26 nits), white paper (203 nits) and the brightest light (1000 nits)."""


@pytest.mark.parametrize("transfer", GREYS)
def test_hdr_keeps_black_grey_and_white_where_they_are_seen_and_highlights_apart(
    tmp_path: Path, transfer: str
) -> None:
    greys = GREYS[transfer]
    inputs: list[str] = []
    for grey in greys:
        level = 64 + round(876 * grey)
        flat = f"color=size=160x96:rate=24:duration=0.25,format=yuv420p10le,geq=lum={level}:cb=512:cr=512"
        inputs += ["-f", "lavfi", "-i", flat]
    marks = tags("bt2020nc", "bt2020", transfer)
    ffmpeg(*inputs, "-filter_complex", f"hstack=inputs={len(greys)}", *X265, *marks, tmp_path / "hdr.mp4")
    film = film_of(tmp_path / "hdr.mp4")
    places = [((n + 0.5) / len(greys), 0.5) for n in range(len(greys))]
    black, grey, white, light = (green for _red, green, _blue in colours_at(film.picture, *places))
    assert black <= 2
    assert 90 <= grey <= 120
    assert 200 <= white <= 235
    assert white + 15 <= light <= 255
    assert {film.stream["color_space"], film.stream["color_primaries"], film.stream["color_transfer"]} == {"bt709"}


ALPHA = "'if(lt(X,160),255,if(lt(X,240),128,0))'"


@pytest.mark.parametrize(
    ("name", "encoder"),
    [
        ("rgba.mov", ("-c:v", "qtrle", "-pix_fmt", "argb")),
        ("4444.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("vp9.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-b:v", "2M", "-pix_fmt", "yuva420p")),
    ],
)
def test_what_is_transparent_is_shown_on_black(tmp_path: Path, name: str, encoder: tuple[str, ...]) -> None:
    picture = f"color=white:size=320x96:rate=24:duration=0.25,format=rgba,geq=r=200:g=120:b=40:a={ALPHA}"
    ffmpeg("-f", "lavfi", "-i", picture, *encoder, tmp_path / name)
    found = colours_at(film_of(tmp_path / name).picture, (0.25, 0.5), (0.625, 0.5), (0.875, 0.5))
    assert difference(found, [(200, 120, 40), (100, 60, 20), (0, 0, 0)]) <= CLOSE


ORIENTATIONS = {
    "as it is": (1, 0, 0, 1), "right": (0, 1, -1, 0), "upside down": (-1, 0, 0, -1), "left": (0, -1, 1, 0),
    "mirrored": (-1, 0, 0, 1), "mirrored upside down": (1, 0, 0, -1), "mirrored left": (0, 1, 1, 0),
    "mirrored right": (0, -1, -1, 0),
}  # fmt: skip
CORNERS: dict[tuple[int, int], Colour] = {
    (-1, -1): (255, 255, 255),
    (1, -1): (200, 30, 30),
    (-1, 1): (30, 180, 40),
    (1, 1): (30, 40, 200),
}


@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_rotation_and_reflection_comes_out_upright(tmp_path: Path, orientation: str) -> None:
    inputs: list[str] = []
    for red, green, blue in CORNERS.values():
        quarter = f"color=0x{red:02x}{green:02x}{blue:02x}:size=160x96:rate=24:duration=0.25,format=gbrp"
        inputs += ["-f", "lavfi", "-i", quarter]
    square = "[0][1]hstack[a];[2][3]hstack[b];[a][b]vstack,zscale=m=709:r=limited,format=yuv420p"
    clip = tmp_path / "clip.mp4"
    ffmpeg(*inputs, "-filter_complex", square, *X264, *tags("bt709"), clip)
    a, b, c, d = ORIENTATIONS[orientation]
    turn(clip, (a, b, c, d))
    film = film_of(clip)
    shown = {(a * x + c * y, b * x + d * y): colour for (x, y), colour in CORNERS.items()}
    found = colours_at(film.picture, *((0.5 + x / 4, 0.5 + y / 4) for x, y in CORNERS))
    assert difference(found, [shown[corner] for corner in CORNERS]) <= CLOSE
    assert (film.stream["width"], film.stream["height"]) == ((320, 192) if a else (192, 320))
    assert "side_data_list" not in film.stream


def turn(path: Path, matrix: tuple[int, int, int, int]) -> None:
    """Write a display matrix into the header of an MP4's first track (ISO 14496-12, tkhd)."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40
    a, b, c, d = (part << 16 for part in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)


FIELDS = "testsrc2=size=720x576:rate=50:duration=1,scroll=horizontal=0.01,format=yuv420p"


@pytest.mark.parametrize(
    ("name", "filters", "encoder"),
    [
        ("top.mp4", "tinterlace=interleave_top,setfield=tff", (*X264, "-x264opts", "tff=1")),
        ("bottom.mkv", "tinterlace=interleave_bottom,setfield=bff", (*X264, "-x264opts", "bff=1")),
        ("header_is_silent.avi", "tinterlace=interleave_bottom,setfield=bff", ("-c:v", "dvvideo", "-r", "25")),
    ],
)
def test_interlaced_pictures_come_out_without_combs(
    tmp_path: Path, name: str, filters: str, encoder: tuple[str, ...]
) -> None:
    ffmpeg("-f", "lavfi", "-i", FIELDS, "-vf", filters, *encoder, tmp_path / name)
    assert interlaced_frames(tmp_path / name) == 25
    assert interlaced_frames(film_of(tmp_path / name).picture) == 0
