"""Chunks that are encoded alone fit together as if they had been one: frames, times and pictures."""

import subprocess
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.transcoding.worker.tools import LIMITS, ffmpeg, ffprobe, joined, make_spec
from transcoding.worker.chunks import Chunk
from transcoding.worker.commands import audio_command, chunk_command
from transcoding.worker.frame_rate import output_frame_rate
from transcoding.worker.ladder import Rung
from transcoding.worker.probe import probe
from transcoding.worker.timeline import Timeline, timeline_of

pytestmark = pytest.mark.media

RUNGS = (
    Rung(quality="360p", width=640, height=360, max_bitrate=800_000),
    Rung(quality="240p", width=426, height=240, max_bitrate=400_000),
)
SECONDS = 20
STRETCHES = ((0, 1), (1, 2), (3, 2))
"""First segment and count of the chunks."""
LIKE_ITS_NEIGHBOURS = 0.005
SAMPLES_OF_A_FRAME = 1024
"""Of AAC."""
VARIABLE = "select='not(eq(mod(n,7),3)+between(n,95,130)+between(n,290,310))'"
"""Frames at 30 a second of which some are missing, over a second at two seams."""


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """A source encoded in one run and in chunks."""

    source: Path
    timeline: Timeline
    whole: Path
    chunked: Path


def make_source(path: Path, rate: str) -> Path:
    """Make a moving picture with sound, whose keyframes are nowhere near our borders."""
    variable = rate == "variable"
    picture = f"mandelbrot=size=640x360:rate={'30' if variable else rate}:end_scale=0.01"
    filters = ("-vf", VARIABLE, "-fps_mode", "vfr") if variable else ()
    ffmpeg(
        "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", "sine=frequency=440", "-t", str(SECONDS), *filters,
        "-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "77", "-c:a", "aac", path,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module", params=["30", "30000/1001", "25", "24000/1001", "variable"])
def encoded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    root = tmp_path_factory.mktemp("seams")
    source_path = make_source(root / "source.mp4", request.param)
    spec = make_spec(root)
    source = probe(source_path, limits=LIMITS, check=lambda: None)
    rate = output_frame_rate(source.frame_rate, most=240)
    timeline = timeline_of(source.duration_seconds, rate=rate, segment_seconds=4)

    def encode(directory: Path, *stretches: tuple[int, int]) -> Path:
        for rung in RUNGS:
            (directory / rung.quality).mkdir(parents=True)
        for first, count in stretches:
            chunk = Chunk(first=first, count=count, rungs=RUNGS)
            run(chunk_command(source_path, source=source, chunk=chunk, timeline=timeline, spec=spec), directory)
            for rung in RUNGS:
                init = directory / rung.quality / "init.mp4"
                init.rename(init.with_name(f"init-{first}"))
                (directory / rung.quality / "index.m3u8").unlink()
        for rung in RUNGS:
            inits = {path.read_bytes() for path in (directory / rung.quality).glob("init-*")}
            assert len(inits) == 1
            (directory / rung.quality / "init.mp4").write_bytes(inits.pop())
        return directory

    whole = encode(root / "whole", (0, timeline.segments))
    chunked = encode(root / "chunked", *STRETCHES)
    (chunked / "audio").mkdir()
    run(audio_command(source_path, source=source, spec=spec), chunked)
    return Encoded(source=source_path, timeline=timeline, whole=whole, chunked=chunked)


def run(command: list[str], directory: Path) -> None:
    subprocess.run(command, cwd=directory, check=True, stdout=subprocess.DEVNULL)


def film(directory: Path, quality: str) -> Path:
    return joined(directory / quality, directory / f"{quality}.mp4")


def packets(path: Path) -> list[dict[str, str]]:
    found = ffprobe(path, "-select_streams", "v", "-show_entries", "packet=pts,dts,duration,flags")
    return list(found["packets"])


def pictures_of(path: Path) -> list[bytes]:
    """Return every frame, very small: what is shown when, whatever the encoder made of it."""
    size = 16 * 9
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-vf", "scale=16:9,format=gray", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return [data[at : at + size] for at in range(0, len(data), size)]


def likenesses(one: Path, other: Path, log: Path) -> list[float]:
    """Compare two films frame by frame: 1 is equal (structural similarity)."""
    ffmpeg("-i", one, "-i", other, "-lavfi", f"ssim=stats_file={log}", "-f", "null", "-")
    return [float(line.rpartition("All:")[2].split()[0]) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("quality", [rung.quality for rung in RUNGS])
def test_the_chunks_have_the_frames_of_the_whole(encoded: Encoded, quality: str) -> None:
    whole, chunked = film(encoded.whole, quality), film(encoded.chunked, quality)
    assert len(packets(chunked)) == len(packets(whole)) == encoded.timeline.frames
    differences = [
        max(abs(a - b) for a, b in zip(one, other, strict=True))
        for one, other in zip(pictures_of(whole), pictures_of(chunked), strict=True)
    ]
    assert max(differences) < 24, differences.index(max(differences))


@pytest.mark.parametrize("quality", [rung.quality for rung in RUNGS])
def test_times_go_on_without_gap_or_overlap(encoded: Encoded, quality: str) -> None:
    found = packets(film(encoded.chunked, quality))
    for name in ("pts", "dts"):
        times = sorted(int(packet[name]) for packet in found)
        assert {after - before for before, after in pairwise(times)} == {int(found[0]["duration"])}, name
    assert [int(packet["dts"]) for packet in found] == sorted(int(packet["dts"]) for packet in found)


def test_every_segment_begins_with_a_keyframe_and_holds_no_other(encoded: Encoded) -> None:
    found = packets(film(encoded.chunked, "240p"))
    keyframes = [number for number, packet in enumerate(found) if "K" in packet["flags"]]
    assert keyframes == [encoded.timeline.first_frame(n) for n in range(encoded.timeline.segments)]


def test_a_seam_looks_like_the_frames_around_it(encoded: Encoded, tmp_path: Path) -> None:
    reference = tmp_path / "reference.mkv"
    rate = encoded.timeline.rate
    ffmpeg(
        "-i", encoded.source, "-map", "0:v", "-vf", f"fps=fps={rate}:start_time=0", "-fps_mode", "passthrough",
        "-frames:v", str(encoded.timeline.frames), "-c:v", "ffv1", reference,
    )  # fmt: skip
    of_whole = likenesses(film(encoded.whole, "360p"), reference, tmp_path / "whole.log")
    of_chunks = likenesses(film(encoded.chunked, "360p"), reference, tmp_path / "chunks.log")
    for first, _count in STRETCHES[1:]:
        seam = encoded.timeline.first_frame(first)
        around = of_chunks[seam - 6 : seam] + of_chunks[seam + 1 : seam + 7]
        assert of_chunks[seam] > min(around) - LIKE_ITS_NEIGHBOURS
        assert of_chunks[seam] > min(of_whole[seam - 6 : seam + 7]) - LIKE_ITS_NEIGHBOURS


def test_the_sound_is_of_one_piece_and_as_long_as_the_picture(encoded: Encoded) -> None:
    sound = film(encoded.chunked, "audio")
    times = [int(packet["pts"]) for packet in ffprobe(sound, "-show_entries", "packet=pts")["packets"]]
    assert {after - before for before, after in pairwise(times)} == {SAMPLES_OF_A_FRAME}
    seconds = len(times) * SAMPLES_OF_A_FRAME / 48000
    assert seconds == pytest.approx(float(encoded.timeline.frames / encoded.timeline.rate), abs=0.05)


def test_picture_and_sound_begin_at_zero(encoded: Encoded) -> None:
    for quality in ("360p", "audio"):
        assert decode_time(encoded.chunked / quality / "seg_00000.m4s") == 0


def decode_time(segment: Path) -> int:
    """Return the baseMediaDecodeTime of a segment (ISO 14496-12, tfdt)."""
    data = segment.read_bytes()
    at = data.index(b"tfdt") + 4
    size = 8 if data[at] == 1 else 4
    return int.from_bytes(data[at + 4 : at + 4 + size])
