"""What a program and all that it started take of the machine, looked at five times a second (Linux)."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

SAMPLE_SECONDS = 0.2
PROC = Path("/proc")
BLOCK_BYTES = 512
"""The unit of st_blocks (stat(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """One process as it was last seen; its peaks are the kernel's own, since the process began."""

    name: str
    resident_bytes: int
    peak_resident_bytes: int
    peak_address_bytes: int
    address_limit_bytes: int | None
    cpu_seconds: float


@dataclass(slots=True, kw_only=True)
class Samples:
    """Everything that was seen; `peak_…` are the largest sums at one moment."""

    count: int = 0
    processes: dict[tuple[int, str], Process] = field(default_factory=dict)
    peak_resident_bytes: int = 0
    peak_disk_bytes: int = 0

    @property
    def cpu_seconds(self) -> float:
        """Of all the processes, each as it was last seen."""
        return sum(process.cpu_seconds for process in self.processes.values())

    def named(self, name: str) -> list[Process]:
        return [process for process in self.processes.values() if process.name == name]


def sample(pid: int, *directories: Path, until: Callable[[], bool]) -> Samples:
    """Watch a process, what it starts, and what these directories hold on the disk, until `until` says so."""
    samples, pause = Samples(), Event()
    while not until():
        seen = {}
        for member in _family(pid):
            process = _look(member)
            if process is not None:
                seen[member, process.name] = process
        samples.count += 1
        samples.processes |= seen
        resident = sum(process.resident_bytes for process in seen.values())
        samples.peak_resident_bytes = max(samples.peak_resident_bytes, resident)
        samples.peak_disk_bytes = max(samples.peak_disk_bytes, disk_bytes(*directories))
        pause.wait(SAMPLE_SECONDS)
    return samples


def disk_bytes(*directories: Path) -> int:
    """Return what the files below take; one with several names counts once."""
    found = {}
    for directory in directories:
        for folder, _, names in os.walk(directory):
            for name in names:
                try:
                    stat = os.lstat(os.path.join(folder, name))  # noqa: PTH118 - os.walk gives strings, five times a second
                except FileNotFoundError:
                    continue
                found[stat.st_ino] = stat.st_blocks * BLOCK_BYTES
    return sum(found.values())


def _family(pid: int) -> list[int]:
    """Return the process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))) is not None:
            children.setdefault(int(stat[1]), []).append(int(entry.name))
    members = [pid]
    for member in members:
        members += children.get(member, [])
    return members


def _look(pid: int) -> Process | None:
    """Return a process as it is; None when it has ended."""
    stat = _stat(pid)
    try:
        name = (PROC / str(pid) / "comm").read_text().strip()
        lines = (PROC / str(pid) / "status").read_text().splitlines()
        limits = (PROC / str(pid) / "limits").read_text().splitlines()
    except OSError:
        return None
    sizes = {key: int(value.split()[0]) * 1024 for key, _, value in (line.partition(":") for line in lines)
             if key in {"VmRSS", "VmHWM", "VmPeak"}}  # fmt: skip
    if stat is None or len(sizes) < 3:
        return None
    soft = next(line.split()[3] for line in limits if line.startswith("Max address space"))
    return Process(
        name=name,
        resident_bytes=sizes["VmRSS"],
        peak_resident_bytes=sizes["VmHWM"],
        peak_address_bytes=sizes["VmPeak"],
        address_limit_bytes=None if soft == "unlimited" else int(soft),
        cpu_seconds=(int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"),
    )


def _stat(pid: int) -> list[str] | None:
    """Return the fields of proc(5)'s stat from the state on; None when the process has ended."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
