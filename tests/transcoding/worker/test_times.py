"""Picture and sound stay together, and last as long as they do, whatever the header says."""

import struct
from pathlib import Path

import pytest

from tests.transcoding.worker.films import film_of, first_sound, flashes
from tests.transcoding.worker.tools import LIMITS, ffmpeg, stream
from transcoding.worker.errors import SourceError
from transcoding.worker.probe import probe
from transcoding.worker.source import SourceInfo

pytestmark = pytest.mark.media

SECONDS = 4
EVENT = 2.0
FLASH = f"geq=lum='if(between(T,{EVENT}-0.001,{EVENT}+0.199),235,16)':cb=128:cr=128"
BEEP = f"aevalsrc='if(between(t,{EVENT},{EVENT}+0.2),0.5*sin(2*PI*1000*t),0)':sample_rate=48000:duration={SECONDS}"
PRIMING = 1024 / 48000
"""Seconds by which AAC begins sooner; players that know take them off."""
TOGETHER = 0.05


def make_event(path: Path, *options: str | Path, filters: str = "null", rate: int = 30) -> Path:
    """Make a black silent clip in which, at two seconds, there is a flash and a beep."""
    dark = f"color=black:size=160x96:rate={rate}:duration={SECONDS},{FLASH},{filters}"
    x264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
    ffmpeg("-f", "lavfi", "-i", dark, "-f", "lavfi", "-i", BEEP, *x264, *options, path)
    return path


def apart(source: Path) -> float:
    """Transcode; return how much later than the flash the beep is, in seconds."""
    film = film_of(source)
    assert film.sound is not None
    return first_sound(film.sound) - PRIMING - flashes(film.picture)[0]


@pytest.mark.parametrize(
    "filters",
    ["select='not(eq(mod(n,3),1))'", "select='if(lt(t,1.5),eq(mod(n,6),0),1)'", "select='not(eq(mod(n,37),11))'"],
    ids=["a third is missing", "slow and then fast", "one is missing now and then"],
)
def test_a_variable_frame_rate_stays_with_the_sound_at_a_constant_rate(tmp_path: Path, filters: str) -> None:
    source = make_event(tmp_path / "clip.mp4", "-fps_mode", "vfr", filters=filters)
    assert abs(apart(source)) < TOGETHER


@pytest.mark.parametrize("name", ["clip.ts", "clip.mkv", "clip.mp4"])
def test_a_clip_that_begins_at_ten_seconds_is_whole(tmp_path: Path, name: str) -> None:
    film = film_of(make_event(tmp_path / name, "-output_ts_offset", "10"))
    assert flashes(film.picture)[0] == pytest.approx(EVENT, abs=0.001)
    assert float(film.stream["duration"]) == pytest.approx(SECONDS, abs=0.001)


@pytest.mark.parametrize("name", ["late.ts", "late.mp4", "late.mkv"])
@pytest.mark.parametrize("late", ["v", "a"])
def test_what_begins_later_is_as_much_later_afterwards(tmp_path: Path, name: str, late: str) -> None:
    clip = make_event(tmp_path / "clip.mp4")
    other = "a" if late == "v" else "v"
    maps = ("-map", f"0:{late}", "-map", f"1:{other}")
    ffmpeg("-itsoffset", "0.5", "-i", clip, "-i", clip, *maps, "-c", "copy", tmp_path / name)
    assert apart(tmp_path / name) == pytest.approx(-0.5 if late == "v" else 0.5, abs=TOGETHER)


def test_what_an_edit_list_cuts_away_is_not_shown(tmp_path: Path) -> None:
    clip = make_event(tmp_path / "clip.mp4", "-bf", "3")
    ffmpeg("-ss", "1.2", "-i", clip, "-c", "copy", tmp_path / "cut.mp4")
    film = film_of(tmp_path / "cut.mp4")
    assert flashes(film.picture)[0] == pytest.approx(0.8, abs=0.001)
    assert float(film.stream["duration"]) == pytest.approx(2.8, abs=0.04)


def test_a_trimmed_end_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    clip = make_event(tmp_path / "clip.mp4", "-g", "30", "-movflags", "faststart")
    data = bytearray(clip.read_bytes())
    # ISO 14496-12: version and flags, the number of edits, and then the first one's duration in milliseconds.
    at = data.index(b"elst") + 4 + 8
    data[at : at + 4] = struct.pack(">I", 2500)
    clip.write_bytes(data)
    assert look(clip).duration_seconds == pytest.approx(2.5, abs=0.04)
    pictures = data.index(b"mdat")
    clip.write_bytes(data[: pictures + (len(data) - pictures) // 4])
    with pytest.raises(SourceError) as refused:
        look(clip)
    assert refused.value.code == "source.truncated"


def test_empty_chunks_in_an_avi_are_no_missing_frames(tmp_path: Path) -> None:
    sparse = ("-fps_mode", "vfr", "-enc_time_base", "1/30", "-bf", "0")
    clip = make_event(tmp_path / "clip.avi", *sparse, filters="select='not(between(n,20,50))+eq(mod(n,3),0)'")
    assert look(clip).duration_seconds == pytest.approx(SECONDS, abs=0.1)


def look(path: Path) -> SourceInfo:
    return probe(path, limits=LIMITS, check=lambda: None)


@pytest.mark.parametrize("factor", [0, 0.1, 10])
def test_the_durations_in_an_mp4_header_are_not_believed(tmp_path: Path, factor: float) -> None:
    clip = make_event(tmp_path / "clip.mp4")
    data = bytearray(clip.read_bytes())
    for box in (b"mvhd", b"mdhd"):
        # ISO 14496-12: version and flags, two dates, the scale, and then the duration.
        at = data.index(box) + 4 + 16
        (duration,) = struct.unpack(">I", data[at : at + 4])
        data[at : at + 4] = struct.pack(">I", int(duration * factor))
    clip.write_bytes(data)
    assert float(film_of(clip).stream["duration"]) == pytest.approx(SECONDS, abs=0.001)


def test_a_picture_that_changes_its_size_goes_on(tmp_path: Path) -> None:
    parts: list[Path] = []
    for size in ("320x180", "180x320"):
        part = tmp_path / f"{size}.ts"
        dark = f"color=black:size={size}:rate=30:duration={SECONDS},{FLASH}"
        repeated = ("-bsf:v", "dump_extra=freq=keyframe", "-f", "mpegts", "-muxdelay", "0")
        offset = ("-output_ts_offset", str(len(parts) * SECONDS))
        ffmpeg("-f", "lavfi", "-i", dark, "-c:v", "libx264", "-preset", "ultrafast", *repeated, *offset, part)
        parts.append(part)
    clip = tmp_path / "clip.ts"
    clip.write_bytes(b"".join(part.read_bytes() for part in parts))
    film = film_of(clip)
    assert flashes(film.picture)[::6] == pytest.approx([EVENT, SECONDS + EVENT], abs=0.04)
    assert (film.stream["width"], film.stream["height"]) == (320, 180)


@pytest.mark.parametrize("name", ["cover.mp4", "cover.mkv"])
def test_cover_art_before_the_film_is_not_the_film(tmp_path: Path, name: str) -> None:
    clip = make_event(tmp_path / "clip.mp4")
    cover = ("-f", "lavfi", "-i", "color=red:size=640x640:duration=0.04:rate=25")
    maps = ("-map", "0:v", "-map", "1:v", "-map", "1:a", "-c", "copy", "-c:v:0", "mjpeg")
    ffmpeg(*cover, "-i", clip, *maps, "-disposition:v:0", "attached_pic", tmp_path / name)
    assert stream(tmp_path / name)["codec_type"] == "video"
    assert film_of(tmp_path / name).stream["width"] == 160
