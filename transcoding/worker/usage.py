"""What this transcoder and the programs it started have used of the machine so far."""

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024
"""The unit of ru_maxrss: bytes on macOS, KiB elsewhere (getrusage(2))."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """CPU seconds of all processes together; MiB of this one at its largest and of the largest of the others."""

    cpu_seconds: float = 0.0
    peak_memory_mib: int = 0


def so_far(*, running: int | None = None) -> Usage:
    """Return what was used until now, by every program that has ended and the one that is `running`, a process id.

    The largest of them may have been so at another time than this process: their sum is what was surely enough. A
    program that has ended counts with no less than this process had when it started it, which is the kernel's way.
    """
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    largest = max(ended.ru_maxrss * MAXRSS_BYTES, _peak_bytes(running) if running else 0)
    return Usage(
        cpu_seconds=sum(used.ru_utime + used.ru_stime for used in (own, ended)) + (_cpu(running) if running else 0.0),
        # Not this process's own ru_maxrss: that is never less than what its parent had when it started it.
        peak_memory_mib=-(-(_peak_bytes(os.getpid()) + largest) // MIB),
    )


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a running process; 0 where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak_bytes(pid: int) -> int:
    """Return the most memory a running process has had resident; 0 where there is no /proc, and once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)
