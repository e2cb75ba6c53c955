"""Reading init segments and segments."""

import io
from pathlib import Path

import pytest

from tests.transcoding.worker.tools import ffmpeg
from transcoding.worker.boxes import CodecsError, codecs_of, is_whole

FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof", "-f", "mp4")


def box(name: bytes, body: bytes = b"") -> bytes:
    return (8 + len(body)).to_bytes(4) + name + body


@pytest.mark.media
@pytest.mark.parametrize(("profile", "expected"), [("high", "avc1.64"), ("main", "avc1.4d"), ("baseline", "avc1.42")])
def test_it_reads_the_h264_profile_and_level(tmp_path: Path, profile: str, expected: str) -> None:
    clip = tmp_path / "clip.mp4"
    options = ("-c:v", "libx264", "-profile:v", profile, "-pix_fmt", "yuv420p", "-level", "3.1")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:duration=0.2", *options, *FRAGMENTED, clip)
    found = codecs_of(clip.read_bytes())
    assert found.startswith(expected)
    assert found.endswith("1f")


@pytest.mark.media
def test_it_reads_aac_lc(tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=duration=0.2", "-c:a", "aac", *FRAGMENTED, clip)
    assert codecs_of(clip.read_bytes()) == "mp4a.40.2"


@pytest.mark.parametrize("data", [b"", b"short", box(b"moov"), b"\0\0\0\0moov", box(b"moov", box(b"stsd", b"\0" * 8))])
def test_it_refuses_an_init_segment_without_a_codec(data: bytes) -> None:
    with pytest.raises(CodecsError):
        codecs_of(data)


def test_it_refuses_a_cut_codec_description() -> None:
    entry = box(b"mp4a", b"\0" * 28 + box(b"esds", b"\0\0\0\0\x03\x80"))
    with pytest.raises(CodecsError, match="damaged"):
        codecs_of(box(b"moov", box(b"stsd", b"\0" * 8 + entry)))


@pytest.mark.parametrize(
    ("data", "whole"),
    [
        (box(b"styp") + box(b"moof", b"abc") + box(b"mdat", b"x" * 100), True),
        ((box(b"moof", b"abc") + box(b"mdat", b"x" * 100))[:-1], False),
        (box(b"moof") + b"\0\0", False),
        (b"\0" * 50, False),
        (b"", False),
        (b"\0\0\0\x01mdat" + (20).to_bytes(8) + b"abcd", True),
    ],
)
def test_a_segment_is_whole_when_its_boxes_end_where_the_file_ends(data: bytes, *, whole: bool) -> None:
    assert is_whole(io.BytesIO(data)) is whole
