"""Start a program inside limits; run as a script, which then becomes the program.

Python's own `preexec_fn` may deadlock in a process with threads, and the reporter is one. A script that
sets the limits on itself and then calls exec has no such trap.
"""

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

NOT_FOUND = 127
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
"""Of unshare(2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """Limits for one child process; None means no limit of its own."""

    address_space_bytes: int = 8 * 1024**3
    file_size_bytes: int = 8 * 1024**3
    open_files: int = 256
    cpu_seconds: int | None = None
    niceness: int = 10

    def wrap(self, argv: list[str]) -> list[str]:
        """Return the command line that runs argv inside these limits."""
        limits = json.dumps(asdict(self) | {"parent": os.getpid()})
        return [sys.executable, "-I", "-S", str(Path(__file__)), limits, *argv]


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _leave_the_network(libc: ctypes.CDLL) -> None:
    """Go where there is no network, not even a loopback, if this host allows it to root or to everybody.

    In a namespace of its own a file that names an address reaches nobody, whatever ffmpeg makes of it. Containers and
    some distributions forbid it: transcoding.worker.walls says so.
    """
    if libc.unshare(CLONE_NEWNET):
        libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)


def _enter(limits: dict[str, int | None]) -> None:
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        _leave_the_network(libc)
        # Without this, a transcoder that is killed -9 leaves its ffmpeg running for ever.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != limits["parent"]:
            os.kill(os.getpid(), signal.SIGKILL)  # the parent died before the line above took effect
    with contextlib.suppress(OSError):  # an already nicer process may not go back
        os.nice(limits["niceness"] or 0)
    _limit(resource.RLIMIT_CORE, 0)
    for kind, name in (
        (resource.RLIMIT_AS, "address_space_bytes"),
        (resource.RLIMIT_FSIZE, "file_size_bytes"),
        (resource.RLIMIT_NOFILE, "open_files"),
        (resource.RLIMIT_CPU, "cpu_seconds"),
    ):
        value = limits[name]
        if value is not None:
            _limit(kind, value)
    # Python ignores both. SIGXFSZ stays ignored: ffmpeg then says "File too large" instead of being killed.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def main() -> None:
    limits, argv = json.loads(sys.argv[1]), sys.argv[2:]
    _enter(limits)
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - an argv list and no shell is exactly what is wanted
    except FileNotFoundError:
        sys.stderr.write(f"{argv[0]}: not found\n")
        sys.exit(NOT_FOUND)


if __name__ == "__main__":
    main()
