"""What goes in: every sample that can be played, and clips made for what no sample has."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.transcoding.worker.tools import MEDIA, ffmpeg, make_clip

NOISE = "geq=random(1)*255:128:128"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to transcode: `write` puts it at a path."""

    name: str
    seconds: float
    has_audio: bool
    write: Callable[[Path], object]


def _sample(row: dict[str, str]) -> Source:
    return Source(
        name=row["file"],
        seconds=float(row["seconds"]),
        has_audio=row["audio"] == "yes",
        write=lambda path: path.write_bytes((MEDIA / row["file"]).read_bytes()),
    )


def samples() -> list[Source]:
    with (MEDIA / "index.tsv").open(newline="") as lines:
        return [_sample(row) for row in csv.DictReader(lines, delimiter="\t") if row["expected"] == "transcodes"]


def many_chunks(path: Path) -> None:
    """Longer than the first chunk and the second, at a rate whose borders fall between frames."""
    make_clip(path, seconds=62, size="640x360", rate="30000/1001", options=("-crf", "40", "-f", "mp4"))


def silent(path: Path) -> None:
    make_clip(path, seconds=26, rate="24000/1001", options=("-an", "-f", "mp4"))


def variable(path: Path) -> None:
    """A frame in seven is missing, and a whole second across a border."""
    chosen = "select='not(eq(mod(n,7),3)+between(n,105,130))'"
    make_clip(path, seconds=27, rate="30", options=("-vf", chosen, "-fps_mode", "vfr", "-f", "mp4"))


def calm_with_a_loud_end(path: Path) -> None:
    """Two still segments, and a last one of a second and a half that is all noise."""
    calm, noise = "color=gray:size=640x360:rate=25:duration=8", "color=gray:size=640x360:rate=25:duration=1.5"
    joined = f"[1:v]{NOISE}[noise];[0:v][noise]concat=n=2"
    options = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-pix_fmt", "yuv420p", "-f", "mp4")
    ffmpeg("-f", "lavfi", "-i", calm, "-f", "lavfi", "-i", noise, "-filter_complex", joined, *options, path)


def sliver(path: Path) -> None:
    """A last segment of two frames, which is mostly a keyframe."""
    make_clip(path, seconds=8.08, size="640x360", options=("-f", "mp4"))


def sources() -> list[Source]:
    return [
        *samples(),
        Source(name="many chunks at 29.97", seconds=62, has_audio=True, write=many_chunks),
        Source(name="silent at 23.976", seconds=26, has_audio=False, write=silent),
        Source(name="variable", seconds=27, has_audio=True, write=variable),
        Source(name="calm with a loud end", seconds=9.5, has_audio=False, write=calm_with_a_loud_end),
        Source(name="sliver", seconds=8.08, has_audio=True, write=sliver),
    ]
