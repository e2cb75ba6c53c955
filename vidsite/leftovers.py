"""Ends the processes that a supervisor left behind.

A supervisor starts this file as a program and holds the other end of its standard input. However the
supervisor ends, `kill -9` included, the kernel closes that pipe; then all that it started is ended here.
(PR_SET_PDEATHSIG reaches only a child's first process, and only on Linux.)

Standard library only, and no import of ours: it runs under `python -I -S`, so that it costs a few megabytes.
"""

import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

MARK = "VIDSITE_SUPERVISED_BY"
"""The environment variable that every supervised process carries and hands down to its own children."""

GRACE_SECONDS = 10.0
PROC = Path("/proc")


def marked(mark: str) -> set[int]:
    """Find the live processes whose mark begins with this one, in whatever group or session they are."""
    needle = f"\0{MARK}={mark}".encode()
    found = set()
    for entry in PROC.glob("[0-9]*/environ"):
        with suppress(OSError):  # it ended, or is another person's
            if needle in b"\0" + entry.read_bytes():
                found.add(int(entry.parent.name))
    return found - {os.getpid()}


def signal_left(mark: str, groups: Iterable[int], number: int) -> bool:
    """Send a signal to all that is left (0 only looks); say whether there was anything."""
    # The mark finds what left its group; the group finds what has no mark: Redis writes its title over its
    # environment, and only Linux lets the environment be read.
    targets = [(os.kill, pid) for pid in marked(mark)] + [(os.killpg, group) for group in groups]
    reached = False
    for send, target in targets:
        with suppress(OSError):
            send(target, number)
            reached = True
    return reached


def end_left(mark: str, groups: Iterable[int] = (), grace_seconds: float = GRACE_SECONDS) -> None:
    """Ask all that is left to end, and kill what is still there after the grace time."""
    deadline = time.monotonic() + grace_seconds
    signal_left(mark, groups, signal.SIGTERM)
    while signal_left(mark, groups, 0):
        if time.monotonic() >= deadline:
            signal_left(mark, groups, signal.SIGKILL)
            return
        time.sleep(0.1)


def main() -> None:
    """Learn the groups from standard input, one `+pid` or `-pid` a line, until its other end is gone."""
    mark = sys.argv[1]
    groups: set[int] = set()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for line in sys.stdin:
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    end_left(mark, groups)


if __name__ == "__main__":
    main()
