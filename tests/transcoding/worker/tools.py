"""Make clips, start the transcoder, and look at what came out, all with the real programs."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from transcoding.worker.spec import JobSpec, LadderEntry, Limits
from transcoding.worker.storage_spec import LocalStorageSpec, SourceObject

REPOSITORY = Path(__file__).resolve().parents[3]
MEDIA = REPOSITORY.parent / "shared" / "media"
PREFIX = "renditions/video/job/1/"
SOURCE_KEY = "sources/video/source"
LADDER = tuple(
    LadderEntry(quality=f"{height}p", height=height, max_bitrate=bitrate)
    for height, bitrate in ((1080, 5_000_000), (720, 2_800_000), (480, 1_400_000), (360, 800_000), (240, 400_000))
)
LIMITS = Limits(
    max_duration_seconds=43200,
    max_pixels=35389440,
    max_streams=32,
    max_frame_rate=240,
    no_progress_seconds=60,
    wall_clock_seconds=86400,
)


def make_spec(root: Path, *, url: str = "http://127.0.0.1:9/none", **changes: Any) -> JobSpec:
    """Return a job whose store and work directory are below root."""
    spec = JobSpec(
        job_id="job",
        video_id="video",
        attempt=1,
        report_url=url,
        chunks_url=f"{url.removesuffix('/reports')}/chunks",
        token="secret-token",
        storage=LocalStorageSpec(root=str(root / "store")),
        source=SourceObject(key=SOURCE_KEY),
        output_prefix=PREFIX,
        work_dir=str(root / "work"),
        ladder=LADDER,
        segment_seconds=4,
        preset="ultrafast",
        threads=0,
        limits=LIMITS,
    )
    return replace(spec, **changes)


def store_source(root: Path, source: Path) -> None:
    target = root / "store" / SOURCE_KEY
    target.parent.mkdir(parents=True)
    target.write_bytes(source.read_bytes())


def published(root: Path) -> Path:
    """Return where the renditions of make_spec's job are published."""
    return root / "store" / PREFIX


def left_behind(root: Path) -> list[Path]:
    """Return what is in the work directory or published."""
    return [*(root / "work").glob("transcode-*"), *(root / "store" / "renditions").rglob("*")]


@contextmanager
def worker(spec: JobSpec) -> Iterator["subprocess.Popen[bytes]"]:
    """Start the transcoder; kill it on the way out if it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "transcoding.worker"],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write(spec.to_json().encode())
    process.stdin.close()
    try:
        yield process
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


def run_worker(spec: JobSpec, *, seconds: float = 90) -> tuple[int, str]:
    """Run the transcoder to its end; return its exit code and its log."""
    ended = subprocess.run(
        [sys.executable, "-m", "transcoding.worker"],
        check=False,
        cwd=REPOSITORY,
        input=spec.to_json().encode(),
        capture_output=True,
        timeout=seconds,
    )
    return ended.returncode, ended.stderr.decode()


def ffmpeg(*arguments: str | Path) -> str:
    """Run ffmpeg; return what it says."""
    command = ["ffmpeg", "-nostdin", "-hide_banner", "-y", *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stderr.decode()


def make_clip(
    path: Path, *, seconds: float, size: str = "320x240", rate: str = "25", options: tuple[str, ...] = ()
) -> Path:
    """Make a moving test picture with a tone."""
    picture = ("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}:duration={seconds}")
    tone = ("-f", "lavfi", "-i", f"sine=duration={seconds}")
    ffmpeg(*picture, *tone, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", *options, path)
    return path


def joined(directory: Path, target: Path) -> Path:
    """Write one quality's init segment and segments as one file, the way a player sees them."""
    parts = [directory / "init.mp4", *sorted(directory.glob("seg_*.m4s"))]
    target.write_bytes(b"".join(part.read_bytes() for part in parts))
    return target


def ffprobe(path: Path, *options: str) -> Any:
    command = ["ffprobe", "-v", "error", "-of", "json", *options, str(path)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, timeout=60).stdout)


def stream(path: Path) -> dict[str, Any]:
    """Return the first stream of a file."""
    found: dict[str, Any] = ffprobe(path, "-show_streams")["streams"][0]
    return found


def keyframe_times(path: Path) -> list[float]:
    frames = ffprobe(path, "-select_streams", "v", "-skip_frame", "nokey", "-show_entries", "frame=pts_time")["frames"]
    return [float(frame["pts_time"]) for frame in frames]


def processes_naming(text: str) -> list[int]:
    """Return the ids of the processes with this text in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if text.encode() in command:
                found.append(int(entry.name))
    return found


def likeness(one: Path, other: Path) -> float:
    """Compare two pictures of the same size: 1 is equal (structural similarity)."""
    log = ffmpeg("-i", one, "-i", other, "-lavfi", "ssim", "-f", "null", "-")
    return float(log.rpartition("All:")[2].split()[0])


def interlaced_frames(path: Path) -> int:
    """Count the frames whose content, not their flag, is interlaced."""
    log = ffmpeg("-i", path, "-vf", "idet", "-f", "null", "-")
    counts = dict(re.findall(r"(TFF|BFF):\s*(\d+)", log.rpartition("Multi frame")[2]))
    return int(counts["TFF"]) + int(counts["BFF"])


def zero_crossings(path: Path, track: int) -> float:
    """Return how often a second the wave of one audio track crosses zero: twice its pitch."""
    log = ffmpeg("-i", path, "-map", f"0:a:{track}", "-af", "astats=metadata=0", "-f", "null", "-")
    return float(re.findall(r"Zero crossings rate: ([0-9.]+)", log)[-1])
