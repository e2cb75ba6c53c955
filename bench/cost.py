"""What a second of video costs in CPU: `python bench/cost.py [FILE…]`, explained in bench/README.md."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

from bench.transcoder.site import Site

ROOT = Path(__file__).resolve().parent.parent
CLIPS = ("1920x1080", "1280x720")
CLIP_SECONDS = 60


def main() -> int:
    """Print one line of JSON for each file, or for clips made here; 1 when one could not be transcoded."""
    os.environ.setdefault("SECRET_KEY", "signs a token that nobody checks")
    os.environ.update(DJANGO_SETTINGS_MODULE="vidsite.settings", STORE="local")
    django.setup()
    with tempfile.TemporaryDirectory(prefix="bench-cost-") as folder:
        files = [Path(name) for name in sys.argv[1:]] or [_clip(Path(folder), size) for size in CLIPS]
        for file in files:
            print(json.dumps(measure(file, Path(folder))), flush=True)
    return 0


def measure(file: Path, folder: Path) -> dict[str, object]:
    """Transcode a file as the site would, with its ladder and preset, and return what that took."""
    with Site().running() as site, tempfile.TemporaryDirectory(dir=folder) as store:
        began = time.monotonic()
        command = [sys.executable, "-m", "transcoding.worker"]
        ended = subprocess.run(
            command, cwd=ROOT, input=_spec(file, Path(store), site), text=True, check=False, capture_output=True
        )
        if ended.returncode:
            sys.exit(f"{file} could not be transcoded:\n{ended.stderr}")
        wall_seconds = time.monotonic() - began
    source = next(report["source"] for report in site.reports if "source" in report)
    used, seconds = site.reports[-1], source["durationSeconds"]
    return {
        "file": file.name,
        "picture": f"{source['width']}x{source['height']} {source['frameRate']} fps",
        "video_seconds": seconds,
        "bytes": file.stat().st_size,
        "cpu_seconds": used["cpuSeconds"],
        "cpu_seconds_per_video_second": round(used["cpuSeconds"] / seconds, 3),
        "busy_share_of_cpus": round(used["cpuSeconds"] / wall_seconds / (os.cpu_count() or 1), 3),
        "peak_memory_mib": used["peakMemoryMib"],
        "wall_seconds": round(wall_seconds, 1),
        "machine": f"{os.cpu_count()} CPUs, {platform.machine()}",
    }


def _spec(file: Path, store: Path, site: Site) -> str:
    from transcoding.attempts import job_spec  # noqa: PLC0415 — models need Django
    from transcoding.models import Attempt, Job  # noqa: PLC0415 — the same
    from transcoding.worker.storage_spec import LocalStorageSpec  # noqa: PLC0415 — the same
    from uploads.models import Video  # noqa: PLC0415 — the same

    spec = job_spec(Attempt(number=1, job=Job(video=Video(source_key="source"))))
    shutil.copyfile(file, store / "source")
    storage, work_dir = LocalStorageSpec(root=str(store)), str(store / "work")
    return replace(site.asked_by(spec), storage=storage, work_dir=work_dir).to_json()


def _clip(folder: Path, size: str) -> Path:
    """Make a moving test picture with grain and a tone, at the bitrate of a camera."""
    clip = folder / f"testsrc2-with-grain-{size}.mp4"
    picture = f"testsrc2=size={size}:rate=30:duration={CLIP_SECONDS},noise=alls=8:allf=t"
    options = ["-c:v", "libx264", "-preset", "superfast", "-b:v", "8M", "-c:a", "aac", "-shortest"]
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=duration={CLIP_SECONDS}"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *options, clip], check=True)
    return clip


if __name__ == "__main__":
    sys.exit(main())
