"""The same ladder made in three ways: by our transcoder, by one ffmpeg command, and by one for each rung."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bench.transcoder.site import SEGMENT_SECONDS, Site
from transcoding.worker.spec import JobSpec
from transcoding.worker.storage_spec import LocalStorageSpec

ROOT = Path(__file__).resolve().parent.parent.parent
AUDIO = ("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-ar", "48000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a way took, and where its renditions are: a directory of segments for each quality."""

    wall_seconds: float
    cpu_seconds: float
    output: Path
    arrivals: dict[tuple[str, int], float] = field(default_factory=dict)
    """Seconds from the start until the site had heard of a segment, by quality and number; ours only."""


def ours(source: Path, *, spec: JobSpec, folder: Path) -> Run:
    """Run the transcoder as the site starts it."""
    folder.mkdir(parents=True)
    os.link(source, folder / "source")
    with Site().running() as site:
        storage = LocalStorageSpec(root=str(folder))
        own = replace(site.asked_by(spec), storage=storage, work_dir=str(folder / "work"))
        began = time.monotonic()
        wall, cpu = _timed([[sys.executable, "-m", "transcoding.worker"]], cwd=ROOT, text=own.to_json())
    arrivals = {segment: at - began for segment, at in site.arrivals.items()}
    return Run(wall_seconds=wall, cpu_seconds=cpu, output=folder / spec.output_prefix, arrivals=arrivals)


def one_command(source: Path, *, spec: JobSpec, folder: Path) -> Run:
    """Decode once, scale each rung from the one above, encode the sound once, all in one process."""
    rungs = spec.ladder
    graph = [f"[0:v]fps=30,scale=-2:{rungs[0].height},split[v0][n0]"]
    for n, rung in enumerate(rungs[1:-1], start=1):
        graph.append(f"[n{n - 1}]scale=-2:{rung.height},split[v{n}][n{n}]")
    last = len(rungs) - 1
    graph.append(f"[n{last - 1}]scale=-2:{rungs[last].height}[v{last}]")
    arguments = ["-i", str(source), "-filter_complex", ";".join(graph)]
    for n, rung in enumerate(rungs):
        arguments += ["-map", f"[v{n}]", *_video(spec, n), *_hls(folder / rung.quality)]
    arguments += ["-map", "0:a", *AUDIO, *_hls(folder / "audio")]
    wall, cpu = _timed([_ffmpeg(arguments)])
    return Run(wall_seconds=wall, cpu_seconds=cpu, output=folder)


def per_rung(source: Path, *, spec: JobSpec, folder: Path) -> Run:
    """Decode the source again for every rung, one process after the other, as MediaCMS and PeerTube do."""
    commands = [
        _ffmpeg(
            [
                "-i", str(source), "-map", "0:v", "-vf", f"fps=30,scale=-2:{rung.height}", *_video(spec, n),
                "-map", "0:a", *AUDIO, *_hls(folder / rung.quality),
            ]
        )
        for n, rung in enumerate(spec.ladder)
    ]  # fmt: skip
    wall, cpu = _timed(commands)
    return Run(wall_seconds=wall, cpu_seconds=cpu, output=folder)


def _ffmpeg(arguments: Sequence[str]) -> list[str]:
    return ["ffmpeg", "-nostdin", "-y", "-v", "error", *arguments]


def _video(spec: JobSpec, n: int) -> list[str]:
    cap = spec.ladder[n].max_bitrate
    return [
        "-c:v", "libx264", "-preset", spec.preset, "-crf", "23", "-maxrate", str(cap), "-bufsize", str(2 * cap),
        "-pix_fmt", "yuv420p", "-force_key_frames", f"expr:gte(t,n_forced*{SEGMENT_SECONDS})", "-sc_threshold", "0",
        "-g", "242",
    ]  # fmt: skip


def _hls(folder: Path) -> list[str]:
    folder.mkdir(parents=True)
    return [
        "-f", "hls", "-hls_time", str(SEGMENT_SECONDS), "-hls_list_size", "0", "-hls_segment_type", "fmp4",
        "-hls_fmp4_init_filename", "init.mp4", "-hls_segment_filename", str(folder / "seg_%05d.m4s"),
        str(folder / "index.m3u8"),
    ]  # fmt: skip


def _timed(commands: Sequence[Sequence[str]], *, cwd: Path | None = None, text: str = "") -> tuple[float, float]:
    """Run commands one after the other; return wall seconds and the CPU seconds of them and all below them."""
    began, before = time.monotonic(), os.times()
    for command in commands:
        subprocess.run(command, cwd=cwd, input=text, text=True, check=True, stdout=subprocess.DEVNULL, stderr=None)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.monotonic() - began, cpu
