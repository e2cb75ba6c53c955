"""Which walls stand round ffmpeg on this host."""

import sys
from pathlib import Path

from transcoding.worker.ffmpeg import run_program
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.watchdog import Watchdog

NAMESPACE = Path("/proc/self/ns/net")
SECONDS = 10


def network_is_out_of_reach() -> bool:
    """Say whether a program in the sandbox has a network of its own, in which there is nobody else."""
    if not NAMESPACE.exists():
        return False
    said = bytearray()
    run_program(
        [sys.executable, "-I", "-S", "-c", f"import os; print(os.readlink('{NAMESPACE}'))"],
        cwd=Path("/"),
        sandbox=Sandbox(),
        watchdog=Watchdog(stall_seconds=SECONDS, wall_seconds=SECONDS),
        on_output=said.extend,
        on_tick=lambda _used: None,
    )
    found = said.decode().strip()
    return bool(found) and found != str(NAMESPACE.readlink())
