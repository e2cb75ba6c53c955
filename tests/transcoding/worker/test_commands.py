"""The command line of the encoder, before it runs."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from tests.transcoding.worker.tools import make_spec
from transcoding.worker.commands import encode_command
from transcoding.worker.ladder import choose_rungs
from transcoding.worker.source import SourceInfo

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


def command(source: SourceInfo = SOURCE) -> list[str]:
    rungs = choose_rungs(SPEC.ladder, width=source.width, height=source.height)
    return encode_command(Path("/srv/in/source"), source=source, rungs=rungs, spec=SPEC)


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
    assert "[0:3]" in graph()


def test_the_frame_rate_is_exact() -> None:
    assert "fps=fps=30000/1001" in graph()


def test_each_rung_is_scaled_from_the_one_above() -> None:
    assert graph().count("split") == 3
    sizes = ["scale=1280:720", "scale=854:480", "scale=640:360", "scale=426:240"]
    positions = [graph().index(size) for size in sizes]
    assert positions == sorted(positions)


def test_every_output_drops_metadata_and_ends_with_the_video() -> None:
    argv = command()
    outputs = argv.count("hls")
    assert outputs == 5
    assert argv.count("-map_metadata") == argv.count("-map_chapters") == outputs
    assert argv.count("13.013000") == outputs


def test_a_silent_source_has_no_audio_output() -> None:
    argv = command(replace(SOURCE, audio_index=None, audio_codec=None))
    assert "audio/index.m3u8" not in argv
    assert "-c:a" not in argv


def test_only_an_interlaced_source_is_deinterlaced() -> None:
    assert "bwdif" not in graph()
    assert "bwdif=deint=interlaced:mode=send_frame" in graph(replace(SOURCE, interlaced=True))


def test_only_hdr_is_tone_mapped() -> None:
    assert "tonemap" not in graph()
    assert "tonemap=desat=0:tonemap=hable" in graph(replace(SOURCE, transfer="smpte2084"))


def test_keyframes_follow_the_segment_length_of_the_specification() -> None:
    spec = make_spec(Path("/srv"), segment_seconds=6)
    rungs = choose_rungs(spec.ladder, width=1280, height=720)
    argv = encode_command(Path("/srv/in/source"), source=SOURCE, rungs=rungs, spec=spec)
    assert value_of("-force_key_frames", argv) == "expr:gte(t,n_forced*6)"
    assert value_of("-hls_time", argv) == "6"


def test_the_bit_rate_of_each_rung_is_capped() -> None:
    argv = command()
    caps = [argv[n + 1] for n, part in enumerate(argv) if part == "-maxrate"]
    assert sorted(caps) == ["1400000", "2800000", "400000", "800000"]


def test_threads_are_limited_only_when_asked() -> None:
    spec = make_spec(Path("/srv"), threads=2)
    rungs = choose_rungs(spec.ladder, width=320, height=240)
    argv = encode_command(Path("/srv/in/source"), source=SOURCE, rungs=rungs, spec=spec)
    assert argv.count("-threads") == 2
    assert "-threads" not in command()
