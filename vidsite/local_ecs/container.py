"""A container's command as a process of this machine: an environment of its own, and nothing left at its end."""

import os
import signal
import subprocess  # noqa: TID251 — where the stand-in starts what ECS would
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from uuid import uuid4

from vidsite import leftovers

LOOK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a container runs."""

    argv: list[str]
    environment: Mapping[str, str]
    folder: str | None = None
    stop_seconds: float = 30
    """From SIGTERM to SIGKILL."""


class Guard:
    """Ends the containers that this process leaves behind, should it be killed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 — this interpreter and a file of ours
            [sys.executable, "-I", "-S", leftovers.__file__, uuid4().hex],
            # Without the mark by which a supervisor would end it together with this process.
            env={},
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, pid: int) -> None:
        """End this process group if it comes to that."""
        self._write(f"+{pid}\n")

    def forget(self, pid: int) -> None:
        """Leave it alone: it has ended."""
        self._write(f"-{pid}\n")

    def _write(self, line: str) -> None:
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.write(line.encode())


def run(command: Command, *, stop: Event, started: Callable[[], None], guard: Guard) -> int:
    """Run a command until it ends, or is told to; return its exit status, 128 more than the signal that killed it.

    Raises OSError when it cannot be started.
    """
    process = subprocess.Popen(  # noqa: S603 — a list, from a task definition
        command.argv,
        env=command.environment,
        cwd=command.folder,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    guard.watch(process.pid)
    try:
        started()
        while process.poll() is None and not stop.wait(LOOK_SECONDS):
            pass
        if process.poll() is None:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(command.stop_seconds)
    finally:
        # With its first process a container ends, and all that is left in it.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        guard.forget(process.pid)
    return code if code >= 0 else 128 - code
