"""Run ffmpeg and ffprobe: the only place that starts them, and it always ends them."""

import contextlib
import logging
import os
import selectors
import signal
import subprocess  # noqa: TID251 - this module exists to start ffmpeg
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from transcoding.worker.failures import failure_of
from transcoding.worker.progress import Progress, ProgressParser
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.usage import Usage, so_far
from transcoding.worker.watchdog import Watchdog

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
TAIL_BYTES = 4096
READ_BYTES = 65536
# Pipes may outlive the program when something it started holds them; nothing of value comes that late.
DRAIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended; a negative `returncode` is the signal that killed it."""

    returncode: int
    log_tail: str


def run_program(
    argv: list[str],
    *,
    cwd: Path,
    sandbox: Sandbox,
    watchdog: Watchdog,
    on_output: Callable[[bytes], None],
    on_tick: Callable[[Usage], None],
) -> Ended:
    """Run argv to its end, handing over what it writes, and what was used so far about five times a second.

    Whatever a callback or the watchdog raises kills the whole process group at once and is raised on.
    """
    with _child(sandbox.wrap(argv), cwd) as process:
        assert process.stdout is not None  # noqa: S101 - narrows the type; Popen was given PIPE
        assert process.stderr is not None  # noqa: S101 - narrows the type; Popen was given PIPE
        reader = _Reader(process.stdout.fileno(), process.stderr.fileno(), on_output)
        try:
            while (returncode := process.poll()) is None:
                reader.read(TICK_SECONDS)
                on_tick(so_far(running=process.pid))
                watchdog.check()
            deadline = time.monotonic() + DRAIN_SECONDS
            while reader.is_open and time.monotonic() < deadline:
                reader.read(TICK_SECONDS)
        finally:
            reader.close()
    return Ended(returncode=returncode, log_tail=reader.tail)


def run_ffmpeg(
    argv: list[str],
    *,
    cwd: Path,
    watchdog: Watchdog,
    on_tick: Callable[[Progress], None],
    sandbox: Sandbox | None = None,
) -> Progress:
    """Run an ffmpeg command that reports with `-progress pipe:1`; return its last progress.

    Raises SourceError `source.undecodable` when the file is to blame for a failure, else PlatformError.
    """
    parser = ProgressParser(on_change=watchdog.touch)
    started = time.monotonic()

    def tick(used: Usage) -> None:
        on_tick(parser.current(used=used))

    ended = run_program(
        argv,
        cwd=cwd,
        sandbox=sandbox or Sandbox(),
        watchdog=watchdog,
        on_output=parser.feed,
        on_tick=tick,
    )
    log.info("ffmpeg ended with %s after %.1f s", ended.returncode, time.monotonic() - started)
    if ended.returncode:
        raise failure_of(ended.returncode, ended.log_tail)
    return parser.current(used=so_far())


@contextlib.contextmanager
def _child(argv: list[str], cwd: Path) -> "Iterator[subprocess.Popen[bytes]]":
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LANG": "C.UTF-8"}
    process = subprocess.Popen(  # noqa: S603 - an argv list of our own making, no shell
        argv,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        # The group may outlive its leader, so it is killed even after a normal end.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        if process.returncode is None:
            process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()


class _Reader:
    """Read both pipes without ever blocking for longer than asked; keep only the end of the log."""

    def __init__(self, output: int, log_output: int, on_output: Callable[[bytes], None]) -> None:
        self._selector = selectors.DefaultSelector()
        self._tail = b""
        for fd, handle in ((output, on_output), (log_output, self._keep)):
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ, handle)

    @property
    def is_open(self) -> bool:
        return bool(self._selector.get_map())

    @property
    def tail(self) -> str:
        return self._tail.decode(errors="replace").replace("\0", "")  # a database refuses NUL

    def _keep(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-TAIL_BYTES:]

    def read(self, seconds: float) -> None:
        if not self.is_open:
            time.sleep(seconds)
            return
        for key, _ in self._selector.select(seconds):
            data = os.read(key.fd, READ_BYTES)
            if data:
                key.data(data)
            else:
                self._selector.unregister(key.fd)

    def close(self) -> None:
        self._selector.close()
