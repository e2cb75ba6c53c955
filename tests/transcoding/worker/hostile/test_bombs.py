"""Files that are made to take memory, disk or time: refused, or done within the limits; sampled all the while.

The numbers are what these files may take on a machine of any speed: far above what they were seen to take, and far
below what they ask for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.transcoding.worker.hostile import bombs
from tests.transcoding.worker.hostile.attempt import MIB, attempt, require_bounded, require_refused
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import LIMITS

pytestmark = pytest.mark.media

GIB = 1024 * MIB


@dataclass(frozen=True, kw_only=True)
class Case:
    """A bomb, the codes it may be refused with, and the most it may take: resident memory, and CPU seconds."""

    write: Callable[[Path], object]
    codes: tuple[str, ...]
    memory_bytes: int = GIB // 2
    cpu_seconds: float = 30


REFUSED = [
    Case(write=bombs.png_picture, codes=("source.undecodable",)),
    Case(write=bombs.jpeg_picture, codes=("source.undecodable",)),
    Case(write=bombs.jpeg2000_picture, codes=("source.undecodable",)),
    Case(write=bombs.h264_picture, codes=("source.undecodable",)),
    Case(write=bombs.ten_thousand_tracks, codes=("source.unreadable", "source.too-many-streams")),
    Case(write=bombs.a_thousand_pictures, codes=("source.too-many-streams",), memory_bytes=4 * GIB),
    Case(write=bombs.centuries_by_header, codes=("source.truncated",)),
    Case(write=bombs.centuries_by_table, codes=("source.undecodable", "source.too-long")),
    Case(write=bombs.a_hundred_million_samples, codes=("source.undecodable", "source.unreadable")),
    Case(write=bombs.large_index, codes=("source.no-video-stream",)),
    Case(write=bombs.nested_boxes, codes=("source.unreadable",)),
    Case(write=bombs.endless_cluster, codes=("source.no-video-stream",)),
    Case(write=bombs.tiny_packets, codes=("source.undecodable",), cpu_seconds=120),
]
HARMLESS = [bombs.said_huge, bombs.frame_rate]
SLOW = [bombs.black_png_video, bombs.repeated_vp9]
WALL_CLOCK_SECONDS = 10


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.write.__name__)
def test_it_is_refused_and_takes_little(tmp_path: Path, site: Site, case: Case) -> None:
    case.write(tmp_path / "source")
    ending = attempt(tmp_path, site, tmp_path / "source")
    require_refused(ending, case.codes)
    require_bounded(ending, cpu_seconds=case.cpu_seconds)
    assert ending.samples.peak_resident_bytes <= case.memory_bytes


@pytest.mark.parametrize("write", HARMLESS, ids=lambda write: write.__name__)
def test_a_header_that_lies_does_no_harm(tmp_path: Path, site: Site, write: bombs.Bomb) -> None:
    write(tmp_path / "source")
    ending = attempt(tmp_path, site, tmp_path / "source")
    assert ending.code == 0
    require_bounded(ending, disk_bytes=2 * MIB, cpu_seconds=30)
    assert ending.samples.peak_resident_bytes <= GIB // 2


@pytest.mark.parametrize("write", SLOW, ids=lambda write: write.__name__)
def test_what_takes_time_is_ended_and_stays_within_memory_and_disk(
    tmp_path: Path, site: Site, write: bombs.Bomb
) -> None:
    write(tmp_path / "source")
    limits = replace(LIMITS, wall_clock_seconds=WALL_CLOCK_SECONDS, no_progress_seconds=WALL_CLOCK_SECONDS)
    ending = attempt(tmp_path, site, tmp_path / "source", limits=limits)
    assert (ending.code, ending.left) == (1, [])
    # A fast machine comes to the end of what can be decoded before the clock ends it.
    assert ending.error_code in {
        "platform.timeout",
        "platform.stalled",
        "source.truncated",
        "source.undecodable",
    }
    assert ending.samples.peak_resident_bytes <= GIB
    require_bounded(ending, disk_bytes=64 * MIB, cpu_seconds=4 * WALL_CLOCK_SECONDS)
