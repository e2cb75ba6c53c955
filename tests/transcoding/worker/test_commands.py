"""The command line of the encoder, before it runs."""

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.transcoding.worker.tools import make_spec
from transcoding.worker.chunks import Chunk
from transcoding.worker.commands import audio_command, chunk_command
from transcoding.worker.ladder import choose_rungs
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec
from transcoding.worker.timeline import timeline_of

SOURCE = SourceInfo(
    container="mov,mp4,m4a,3gp,3g2,mj2",
    video_index=2,
    video_codec="h264",
    width=1280,
    height=720,
    frame_rate=Fraction(30000, 1001),
    duration_seconds=13.013,
    lead_seconds=0.0,
    interlaced=False,
    transfer="bt709",
    color_space="bt709",
    audio_index=3,
    audio_codec="aac",
)
SPEC = make_spec(Path("/srv"))


PATH = Path("/srv/in/source")


def command(source: SourceInfo = SOURCE, *, spec: JobSpec = SPEC, first: int = 0, count: int = 4) -> list[str]:
    rungs = choose_rungs(spec.ladder, width=source.width, height=source.height)
    timeline = timeline_of(13.013, rate=Fraction(30000, 1001), segment_seconds=spec.segment_seconds)
    chunk = Chunk(first=first, count=count, rungs=rungs)
    return chunk_command(PATH, source=source, chunk=chunk, timeline=timeline, spec=spec)


def value_of(option: str, argv: list[str]) -> str:
    return argv[argv.index(option) + 1]


def graph(source: SourceInfo = SOURCE) -> str:
    return value_of("-filter_complex", command(source))


def test_there_is_one_input_and_it_is_hardened() -> None:
    argv = command()
    assert argv.count("-i") == 1
    assert value_of("-i", argv) == "file:/srv/in/source"
    before_input = argv[: argv.index("-i")]
    assert value_of("-protocol_whitelist", before_input) == "file"
    assert value_of("-max_pixels", before_input) == "35389440"
    assert "concat" not in value_of("-format_whitelist", before_input)
    assert "hls" not in value_of("-format_whitelist", before_input)
    assert "-nostdin" in before_input


def test_the_chosen_streams_are_used() -> None:
    assert "[0:2]" in graph()
    assert "[0:3]" in value_of("-filter_complex", audio_command(PATH, source=SOURCE, spec=SPEC))


def test_the_frame_rate_is_exact() -> None:
    assert "fps=fps=30000/1001" in graph()


def test_each_rung_is_scaled_from_the_one_above() -> None:
    assert graph().count("split") == 3
    sizes = ["scale=1280:720", "scale=854:480", "scale=640:360", "scale=426:240"]
    positions = [graph().index(size) for size in sizes]
    assert positions == sorted(positions)


def test_every_output_drops_metadata() -> None:
    argv = command()
    assert argv.count("hls") == argv.count("-map_metadata") == argv.count("-map_chapters") == 4


def test_a_chunk_has_its_frames_and_no_more() -> None:
    argv = command(first=1, count=2)
    assert argv.count("-frames:v") == 4
    assert value_of("-frames:v", argv) == "240"
    assert value_of("-frames:v", command(first=3, count=1)) == "30"


def test_a_chunk_carries_its_place_in_the_whole() -> None:
    argv = command(first=1, count=2)
    assert value_of("-start_number", argv) == "1"
    assert value_of("-output_ts_offset", argv) == "4.004000"
    assert "start_time=4.004000" in value_of("-filter_complex", argv)


def test_the_source_is_entered_before_the_chunk_at_a_keyframe() -> None:
    argv = command(first=1, count=2)
    assert float(value_of("-ss", argv)) < 4.004 - 0.9
    assert {"-noaccurate_seek", "-copyts"} < set(argv[: argv.index("-i")])


def test_from_the_beginning_ffmpeg_may_mend_times_that_jump() -> None:
    assert {"-ss", "-copyts"} & set(command()) == set()


def test_at_a_low_frame_rate_the_source_is_entered_sooner() -> None:
    chunk = Chunk(first=5, count=1, rungs=choose_rungs(SPEC.ladder, width=320, height=240))
    timeline = timeline_of(40, rate=Fraction(2), segment_seconds=4)
    argv = chunk_command(PATH, source=SOURCE, chunk=chunk, timeline=timeline, spec=SPEC)
    assert float(value_of("-ss", argv)) == 16


def test_the_sound_is_one_output_that_lasts_as_long_as_the_picture() -> None:
    argv = audio_command(PATH, source=SOURCE, spec=SPEC)
    assert argv.count("hls") == 1
    assert float(value_of("-t", argv)) == pytest.approx(13.013 - 1024 / 48000, abs=0.000001)
    assert value_of("-hls_time", argv) == "4"
    assert "-c:v" not in argv


def test_only_an_interlaced_source_is_deinterlaced() -> None:
    assert "bwdif" not in graph()
    assert "bwdif=deint=interlaced:mode=send_frame" in graph(replace(SOURCE, interlaced=True))


def test_only_hdr_is_tone_mapped() -> None:
    assert "tonemap" not in graph()
    assert "tonemap=" in graph(replace(SOURCE, transfer="smpte2084"))


def test_an_ordinary_picture_is_only_scaled() -> None:
    first = graph().partition("split")[0]
    assert first.count("scale") == 1
    assert not {"zscale", "premultiply", "bwdif", "setfield"} & set(re.findall(r"[a-z]+", first))


def test_colours_are_converted_only_when_they_are_others() -> None:
    assert "zscale" in graph(replace(SOURCE, color_space="smpte170m"))
    assert "zscale" in graph(replace(SOURCE, primaries="bt2020"))


def test_filters_stay_when_the_size_changes_unless_they_could_not_bear_it() -> None:
    assert value_of("-reinit_filter", command()) == "0"
    delicate = (replace(SOURCE, interlaced=True), replace(SOURCE, turned=True), replace(SOURCE, has_alpha=True))
    assert not any("-reinit_filter" in command(source) for source in delicate)


def test_transparency_is_decoded_where_ffmpeg_would_leave_it_out() -> None:
    argv = command(replace(SOURCE, video_decoder="libvpx-vp9"))
    assert value_of("-c:2", argv[: argv.index("-i")]) == "libvpx-vp9"


def test_keyframes_are_the_first_frames_behind_the_borders() -> None:
    argv = command(first=1, count=2)
    assert value_of("-force_key_frames", argv) == "expr:gte(n,ceil((1+n_forced)*120000/1001)-120)"
    longer = command(spec=make_spec(Path("/srv"), segment_seconds=6), count=3)
    assert value_of("-force_key_frames", longer) == "expr:gte(n,ceil((0+n_forced)*180000/1001)-0)"


def test_the_bit_rate_of_each_rung_is_capped() -> None:
    argv = command()
    caps = [argv[n + 1] for n, part in enumerate(argv) if part == "-maxrate"]
    assert sorted(caps) == ["1400000", "2800000", "400000", "800000"]


def test_threads_are_limited_only_when_asked() -> None:
    argv = command(replace(SOURCE, width=320, height=240), spec=make_spec(Path("/srv"), threads=2))
    assert argv.count("-threads") == 2
    assert "-threads" not in command()
