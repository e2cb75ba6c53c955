"""How much a rendition looks like its source, so that speed is not bought with quality."""

import re
import subprocess
from pathlib import Path

INIT = "init.mp4"
RATE = 30
"""Frames a second of the films of bench/transcoder/clips.py."""


def ssim(directory: Path, source: Path, *, height: int, fresh: Path) -> float:
    """Return the structural similarity of a quality's segments with the scaled source, 1 being equal."""
    film = fresh / "film.mp4"
    parts = [directory / INIT, *sorted(directory.glob("seg_*.m4s"))]
    with film.open("wb") as file:
        for part in parts:
            file.write(part.read_bytes())
    # Frame by frame, whatever the time base of either: "ssim" pairs by time.
    in_step = f"setpts=N/{RATE}/TB"
    graph = f"[0:v]{in_step}[a];[1:v]fps={RATE},scale=-2:{height},{in_step}[b];[a][b]ssim"
    command = [
        "ffmpeg",
        "-nostdin",
        "-hide_banner",
        "-i",
        str(film),
        "-i",
        str(source),
        "-lavfi",
        graph,
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
    film.unlink()
    found = re.findall(r"All:([0-9.]+)", said)
    return float(found[-1])


def size_mb(directory: Path) -> float:
    """Return how many megabytes a quality's segments have."""
    return sum(part.stat().st_size for part in directory.glob("seg_*.m4s")) / 1_000_000
