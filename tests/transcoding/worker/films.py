"""Transcode a clip, and read colours and times off what came out."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import (
    ffmpeg,
    ffprobe,
    joined,
    make_spec,
    published,
    run_worker,
    store_source,
    stream,
)

Colour = tuple[int, int, int]
"""Red, green and blue from 0 to 255, as BT.709 shows them."""
BRIGHT = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """What became of a clip: its report, its largest picture and its sound, and its poster."""

    document: dict[str, Any]
    picture: Path
    sound: Path | None
    poster: Path

    @property
    def stream(self) -> dict[str, Any]:
        return stream(self.picture)


def film_of(source: Path) -> Film:
    """Transcode the file at source beside it."""
    root = source.with_name(f"{source.name}-out")
    store_source(root, source)
    with Site().running() as site:
        code, log = run_worker(make_spec(root, url=site.url), seconds=300)
    assert code == 0, log
    document = site.reports[-1]
    qualities: dict[str, list[str]] = {"video": [], "audio": []}
    for rendition in document["renditions"]:
        qualities[rendition["kind"]].append(rendition["quality"])
    files = {
        kind: joined(published(root) / names[0], root / f"{names[0]}.mp4")
        for kind, names in qualities.items()
        if names
    }
    return Film(
        document=document,
        picture=files["video"],
        sound=files.get("audio"),
        poster=published(root) / "poster.jpg",
    )


def colours_at(path: Path, *places: tuple[float, float]) -> list[Colour]:
    """Return the colours of the first frame at these shares of its size, read as BT.709 in limited range."""
    found = stream(path)
    width, height = found["width"], found["height"]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-i",
        str(path),
        "-frames:v",
        "1",
        "-pix_fmt",
        "yuv420p",
        "-f",
        "rawvideo",
        "-",
    ]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    chroma = width * height
    colours = []
    for across, down in places:
        x, y = int(width * across), int(height * down)
        half = (y // 2) * (width // 2) + x // 2
        colours.append(_rgb(data[y * width + x], data[chroma + half], data[chroma + chroma // 4 + half]))
    return colours


def rgb_at(path: Path, *places: tuple[float, float]) -> list[Colour]:
    """Return the colours of a picture as whoever opens it without our knowledge sees them."""
    found = stream(path)
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-frames:v", "1", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    starts = [
        3 * (int(found["height"] * down) * found["width"] + int(found["width"] * across)) for across, down in places
    ]
    return [(data[at], data[at + 1], data[at + 2]) for at in starts]


def difference(found: list[Colour], expected: list[Colour]) -> int:
    """Return the largest difference in any channel of any colour."""
    return max(abs(a - b) for one, other in zip(found, expected, strict=True) for a, b in zip(one, other, strict=True))


def flashes(path: Path) -> list[float]:
    """Return the times of the bright frames."""
    entries = "frame=pts_time:frame_tags=lavfi.signalstats.YAVG"
    found = ffprobe(Path(f"movie={path},signalstats"), "-f", "lavfi", "-show_entries", entries)
    return [
        float(frame["pts_time"])
        for frame in found["frames"]
        if float(frame["tags"]["lavfi.signalstats.YAVG"]) > BRIGHT
    ]


def first_sound(path: Path) -> float:
    """Return when silence ends."""
    log = ffmpeg("-i", path, "-af", "silencedetect=noise=-30dB:duration=0.05", "-f", "null", "-")
    return float(re.findall(r"silence_end: ([\d.]+)", log)[0])


def _rgb(y: int, u: int, v: int) -> Colour:
    luma, blue, red = (y - 16) / 219, (u - 128) / 224, (v - 128) / 224
    channels = luma + 1.5748 * red, luma - 0.1873 * blue - 0.4681 * red, luma + 1.8556 * blue
    one, two, three = (round(min(max(channel, 0), 1) * 255) for channel in channels)
    return one, two, three
