"""Finding out what a file is."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.transcoding.worker.tools import LIMITS, ffmpeg, make_clip
from transcoding.worker.duration import is_truncated
from transcoding.worker.errors import SourceError, Stopped
from transcoding.worker.probe import probe
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import Limits

pytestmark = pytest.mark.media


def go_on() -> None:
    pass


def look(path: Path, *, limits: Limits = LIMITS, check: Callable[[], None] = go_on) -> SourceInfo:
    return probe(path, limits=limits, check=check)


def code_of(path: Path, *, limits: Limits = LIMITS) -> str:
    with pytest.raises(SourceError) as refused:
        look(path, limits=limits)
    assert refused.value.message.endswith(".")
    return refused.value.code


def test_it_reads_an_ordinary_file(tmp_path: Path) -> None:
    info = look(make_clip(tmp_path / "source", seconds=2, rate="30000/1001", options=("-f", "mp4")))
    assert (info.width, info.height, info.video_codec, info.audio_codec) == (320, 240, "h264", "aac")
    assert str(info.frame_rate) == "30000/1001"
    assert info.duration_seconds == pytest.approx(2.0, abs=0.05)
    assert (info.video_index, info.audio_index) == (0, 1)
    assert not info.interlaced
    assert not info.is_hdr


@pytest.mark.parametrize("name", ["x:y.mp4", "-i.mp4", "a b'c\"d.mp4", "%d.mp4", "concat:a|b.mp4", "ä\n.mp4"])
def test_odd_names_do_not_matter(tmp_path: Path, name: str) -> None:
    made = make_clip(tmp_path / "plain.mp4", seconds=0.2)
    assert look(made.rename(tmp_path / name)).width == 320


@pytest.mark.parametrize("kind", ["matroska", "mpegts", "avi", "flv"])
def test_the_duration_is_measured_where_the_header_is_no_help(tmp_path: Path, kind: str) -> None:
    options = ("-f", kind, "-ar", "44100")
    info = look(make_clip(tmp_path / "source", seconds=3, options=options))
    assert info.duration_seconds == pytest.approx(3.0, abs=0.05)


def test_a_fragmented_file_is_measured(tmp_path: Path) -> None:
    options = ("-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "-g", "25")
    assert look(make_clip(tmp_path / "source", seconds=3, options=options)).duration_seconds == pytest.approx(
        3, abs=0.1
    )


def test_the_duration_is_that_of_the_video_and_not_of_longer_sound(tmp_path: Path) -> None:
    video = make_clip(tmp_path / "video.mp4", seconds=1)
    sound = make_clip(tmp_path / "sound.mp4", seconds=4)
    both = tmp_path / "both.mkv"
    ffmpeg("-i", video, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", both)
    assert look(both).duration_seconds == pytest.approx(1.0, abs=0.05)


def test_it_tells_how_much_later_the_picture_begins(tmp_path: Path) -> None:
    late = tmp_path / "late.mkv"
    clip = make_clip(tmp_path / "clip.mp4", seconds=1)
    ffmpeg("-itsoffset", "3", "-i", clip, "-i", clip, "-map", "0:v", "-map", "1:a", "-c", "copy", late)
    info = look(late)
    assert info.lead_seconds == pytest.approx(3.0, abs=0.05)
    assert info.duration_seconds == pytest.approx(1.0, abs=0.05)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "source").touch()
    assert code_of(tmp_path / "source") == "source.empty"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("ffconcat version 1.0\nfile other.mp4\n", "source.unsupported-container"),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nother.mp4\n", "source.unsupported-container"),
        ('<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>', "source.unreadable"),
        ("v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n", "source.un"),
        ("Dear diary,\n" * 100, "source.unreadable"),
    ],
)
def test_a_script_that_names_other_files_is_refused(tmp_path: Path, text: str, code: str) -> None:
    make_clip(tmp_path / "other.mp4", seconds=0.2)
    (tmp_path / "source").write_text(text)
    assert code_of(tmp_path / "source").startswith(code)


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", tmp_path / "sound.m4a")
    assert code_of(tmp_path / "sound.m4a") == "source.no-video-stream"


def test_a_codec_not_on_the_list_is_refused_by_name(tmp_path: Path) -> None:
    odd = tmp_path / "odd.avi"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=duration=0.2", "-c:v", "magicyuv", odd)
    with pytest.raises(SourceError, match="magicyuv") as refused:
        look(odd)
    assert refused.value.code == "source.unsupported-codec"


def test_a_picture_bomb_is_refused_before_it_goes_off(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.mov"
    ffmpeg("-f", "lavfi", "-i", "color=size=8000x8000:duration=0.1:rate=10", "-c:v", "png", bomb)
    assert code_of(bomb) == "source.too-large-picture"


def test_the_size_after_stretching_counts_too(tmp_path: Path) -> None:
    wide = make_clip(tmp_path / "wide.mp4", seconds=0.2, options=("-aspect", "10:1"))
    assert code_of(wide, limits=replace(LIMITS, max_pixels=320 * 240 + 1)) == "source.too-large-picture"


def test_too_many_streams_are_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=0.2)
    many = tmp_path / "many.mkv"
    ffmpeg("-i", clip, *(("-map", "0:v") * 33), "-c", "copy", many)
    assert code_of(many) == "source.too-many-streams"


def test_an_absurd_duration_is_refused(tmp_path: Path) -> None:
    slow = tmp_path / "slow.mp4"
    frames = ("-f", "lavfi", "-i", "color=size=64x64:rate=1:duration=3000", "-vf", "setpts=N*100/TB")
    ffmpeg(*frames, "-vsync", "passthrough", "-c:v", "libx264", "-preset", "ultrafast", slow)
    assert code_of(slow) == "source.too-long"


def test_a_cut_file_whose_index_is_gone_is_refused(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", seconds=3)
    os.truncate(clip, clip.stat().st_size // 2)
    assert code_of(clip) == "source.unreadable"


def test_a_cut_file_whose_header_promises_more_is_refused_with_both_times(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mkv", seconds=20)
    os.truncate(clip, clip.stat().st_size // 2)
    with pytest.raises(SourceError, match=r"Only \d+ of 20 seconds could be read") as refused:
        look(clip)
    assert refused.value.code == "source.truncated"


@pytest.mark.parametrize(
    ("promised", "found", "cut"), [(60, 12, True), (60, 57.5, False), (2, 1.2, False), (2, 0.9, True)]
)
def test_a_second_or_a_twentieth_may_be_missing(promised: float, found: float, *, cut: bool) -> None:
    assert is_truncated(promised_seconds=promised, found_seconds=found) is cut


def test_it_ends_at_once_when_told_to_stop(tmp_path: Path) -> None:
    def stop() -> None:
        raise Stopped("cancelled")

    with pytest.raises(Stopped):
        look(make_clip(tmp_path / "clip.mp4", seconds=0.2), check=stop)
