"""Run the real transcoder on a hostile file, and watch what it takes."""

import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.transcoding.worker.hostile.sampler import Samples, sample
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import SOURCE_KEY, make_spec, processes_naming, worker
from transcoding.worker import probe
from transcoding.worker.sandbox import Sandbox

LONGEST_SECONDS = 120
MIB = 2**20
OWN_DISK_BYTES = MIB
"""Directories and locks."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How an attempt ended: exit code, last report, log, what it took, and what is left of it and of its output."""

    code: int
    report: dict[str, Any]
    log: str
    samples: Samples
    source_bytes: int
    left: list[Path]
    published: list[Path]

    @property
    def error_code(self) -> str:
        return str(self.report["error"]["code"]) if self.report["error"] else ""


def attempt(root: Path, site: Site, source: Path, **changes: Any) -> Ending:
    """Transcode a file below `root` and report to the site; `changes` are to the specification."""
    stored = root / "store" / SOURCE_KEY
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.hardlink_to(source)
    work, made = root / "work", root / "store" / "renditions"
    deadline = time.monotonic() + LONGEST_SECONDS
    with worker(make_spec(root, url=site.url, **changes)) as process:
        assert process.stderr is not None
        os.set_blocking(process.stderr.fileno(), False)
        log = bytearray()

        def is_over() -> bool:
            assert time.monotonic() < deadline, "the transcoder does not end"
            with suppress(BlockingIOError):
                log.extend(os.read(process.stderr.fileno(), 2**20))  # type: ignore[union-attr]  # asserted above
            return process.poll() is not None

        samples = sample(process.pid, work, made, until=is_over)
        log.extend(process.stderr.read() or b"")
    assert processes_naming(str(root)) == []
    return Ending(
        code=process.returncode,
        report=site.last,
        log=log.decode(errors="replace"),
        samples=samples,
        source_bytes=stored.stat().st_blocks * 512,
        left=[*work.glob("transcode-*")],
        published=[*made.rglob("*")],
    )


def require_refused(ending: Ending, codes: Iterable[str]) -> None:
    """Check that a file was refused, with one of these codes and one sentence, and that nothing of it is left."""
    assert (ending.code, ending.report["status"]) == (1, "FAILED"), ending.log
    assert ending.error_code in codes, ending.report["error"]
    message = ending.report["error"]["message"]
    assert message.endswith(".")
    assert message.count(". ") == 0
    assert (ending.left, ending.published) == ([], [])


def require_bounded(ending: Ending, *, disk_bytes: int = OWN_DISK_BYTES, cpu_seconds: float) -> None:
    """Check what was taken: memory by the sandboxes' limits, disk beyond the source, CPU seconds of all together."""
    limits = {"ffprobe": probe.SANDBOX.address_space_bytes, "ffmpeg": Sandbox().address_space_bytes}
    for name, limit in limits.items():
        for process in ending.samples.named(name):
            assert process.address_limit_bytes == limit
            assert process.peak_address_bytes <= limit
            assert process.peak_resident_bytes <= limit
    assert ending.samples.peak_resident_bytes <= max(limits.values())
    assert ending.samples.peak_disk_bytes <= ending.source_bytes + disk_bytes
    assert max(ending.samples.cpu_seconds, ending.report["cpuSeconds"]) <= cpu_seconds
