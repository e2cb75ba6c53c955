"""How fast the transcoder is, against others on the same source: `make bench-engine`, explained in bench/README.md."""

import argparse
import secrets
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.real_s3.figures import Figure, show, verdict
from bench.transcoder.clips import make_clip
from bench.transcoder.likeness import size_mb, ssim
from bench.transcoder.shapes import Run, one_command, ours, per_rung
from bench.transcoder.site import SEGMENT_SECONDS
from transcoding.worker.spec import JobSpec, LadderEntry, Limits
from transcoding.worker.storage_spec import LocalStorageSpec, SourceObject

KEPT = Path(__file__).resolve().parent.parent / "var" / "bench"
HEIGHTS = {1080: 5_000_000, 720: 2_800_000, 480: 1_400_000, 360: 800_000, 240: 400_000}
LOWEST = "240p"
SPEC = JobSpec(
    job_id="bench", video_id="bench", attempt=1, report_url="http://127.0.0.1/", chunks_url="http://127.0.0.1/",
    token=secrets.token_urlsafe(),
    storage=LocalStorageSpec(root="/"), source=SourceObject(key="source"), output_prefix="renditions/", work_dir="/",
    ladder=tuple(LadderEntry(quality=f"{h}p", height=h, max_bitrate=cap) for h, cap in HEIGHTS.items()),
    segment_seconds=SEGMENT_SECONDS, preset="veryfast", threads=0,
    limits=Limits(
        max_duration_seconds=43200, max_pixels=8192 * 4320, max_streams=32, max_frame_rate=240,
        no_progress_seconds=600, wall_clock_seconds=86400,
    ),
)  # fmt: skip


def main() -> int:
    """Measure, print, and say by the exit status whether every bound was kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=3, help="how often each way makes the short film")
    parser.add_argument("--short", type=int, default=60, help="seconds of the film that every way makes")
    parser.add_argument("--long", type=int, default=600, help="seconds of the film that is watched while it is made")
    options = parser.parse_args()
    figures = [*of_pairs(options.pairs, options.short), *of_watching(options.long)]
    return verdict(figures)


def of_pairs(pairs: int, seconds: int) -> list[Figure]:
    """Have a film made by every way in turn; the figures are medians of ratios within a round."""
    source = make_clip(KEPT, seconds=seconds)
    rounds: list[dict[str, Run]] = []
    ways: dict[str, Callable[..., Run]] = {"ours": ours, "one command": one_command, "per rung": per_rung}
    with tempfile.TemporaryDirectory(dir=KEPT) as name:
        folder = Path(name)
        for number in range(pairs):
            order = list(ways)[number % 3 :] + list(ways)[: number % 3]
            rounds.append({way: ways[way](source, spec=SPEC, folder=folder / f"{number}-{way}") for way in order})
            for way in order if number else ():
                shutil.rmtree(folder / f"{number}-{way}")
        quality = _likenesses(rounds[0], source, fresh=folder)
        clip = make_clip(KEPT, seconds=5)
        fixed = ours(clip, spec=SPEC, folder=folder / "5-ours").wall_seconds
        fixed -= one_command(clip, spec=SPEC, folder=folder / "5-one").wall_seconds
    show(
        [
            (way, ", ".join(f"{one[way].wall_seconds:.1f} s ({one[way].cpu_seconds:.1f} s of CPU)" for one in rounds))
            for way in ways
        ]
    )
    show(quality)

    def ratio(way: str, fact: Callable[[Run], float]) -> float:
        return statistics.median(fact(one["ours"]) / fact(one[way]) for one in rounds)

    return [
        Figure(name="cpu_ratio_vs_one_command", value=ratio("one command", lambda run: run.cpu_seconds), at_most=1.05),
        Figure(name="cpu_ratio_vs_per_rung", value=ratio("per rung", lambda run: run.cpu_seconds), at_most=0.75),
        Figure(
            name="wall_ratio_vs_one_command", value=ratio("one command", lambda run: run.wall_seconds), at_most=1.05
        ),
        Figure(name="fixed_cost_seconds", value=fixed, at_most=4),
    ]


def of_watching(seconds: int) -> list[Figure]:
    """Have a long film made, and play its lowest quality from the moment on that the site knows of its beginning."""
    source = make_clip(KEPT, seconds=seconds)
    with tempfile.TemporaryDirectory(dir=KEPT) as name:
        run = ours(source, spec=SPEC, folder=Path(name) / "ours")
        peers = per_rung(source, spec=SPEC, folder=Path(name) / "peers")
    first_play = max(run.arrivals[LOWEST, 0], run.arrivals["audio", 0])
    there = sorted((quality, at) for (quality, n), at in run.arrivals.items() if n == 0)
    show([("first segments", ", ".join(f"{quality} {at:.1f} s" for quality, at in there))])
    return [
        Figure(name="first_play_seconds", value=first_play, at_most=5),
        Figure(name="lowest_rung_stalls", value=len(stalls(run, begun_at=first_play)), at_most=0),
        Figure(name="first_play_ratio_vs_per_rung", value=first_play / peers.wall_seconds, at_most=1),
    ]


def stalls(run: Run, *, begun_at: float) -> list[int]:
    """Return the segments of the lowest quality that a player had to wait for that began at that second."""
    waited, playhead = [], begun_at
    for n in range(sum(quality == LOWEST for quality, _ in run.arrivals)):
        at = max(run.arrivals[LOWEST, n], run.arrivals["audio", n])
        if at > playhead:
            waited.append(n)
            playhead = at
        playhead += SEGMENT_SECONDS
    return waited


def _likenesses(runs: dict[str, Run], source: Path, *, fresh: Path) -> list[tuple[str, str]]:
    lines = []
    for entry in SPEC.ladder:
        each = []
        for way, run in runs.items():
            directory = run.output / entry.quality
            likeness = ssim(directory, source, height=entry.height, fresh=fresh)
            each.append(f"{way} {likeness:.4f} ({size_mb(directory):.1f} MB)")
        lines.append((entry.quality, ", ".join(each)))
    return lines


if __name__ == "__main__":
    sys.exit(main())
