"""What the kernel says of other processes."""

import os
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

SAMPLE_SECONDS = 0.1
MB = 1_000_000


def descendants(pid: int) -> dict[int, list[str]]:
    """Return every process below one, with the words of its command line."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            # After the name in parentheses, which may hold anything, come the state and the parent.
            parent = int(entry.read_text().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.parent.name))
    found = [*children.get(pid, [])]
    for child in found:
        found += children.get(child, [])
    return {child: _command_line(child) for child in found}


def _command_line(pid: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    return []


def resident_mb(pid: int) -> float:
    """Return how much memory a process has, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MB


class MemoryWatch:
    """Look at a process's memory ten times a second for as long as the block lasts; keep the peak."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = Event()
        self._thread = Thread(target=self._look, daemon=True)
        self.peak_mb = resident_mb(pid)

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            self.peak_mb = max(self.peak_mb, resident_mb(self._pid))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.peak_mb = max(self.peak_mb, resident_mb(self._pid))
