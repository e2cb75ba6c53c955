"""Starts child processes, restarts those that die, and stops them all; leaves no process behind."""

import os
import signal
import socket
import subprocess  # noqa: TID251 — this module is where the site's own processes are started
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from types import FrameType, TracebackType
from typing import Self

from vidsite import leftovers
from vidsite.child_log import ChildLog

LOOK_SECONDS = 0.1


class SupervisorError(Exception):
    """The site cannot run; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One program to keep running."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the supervisor's own environment."""
    ready: Callable[[], bool] | None = None
    """At start, the children after this one wait until it answers True."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long the supervisor waits for what."""

    first_delay_seconds: float = 1
    longest_delay_seconds: float = 30
    steady_seconds: float = 60
    """A child that lived this long is sound: it is never given up, and its next delay is the first again."""
    deaths_to_give_up: int = 5
    deaths_within_seconds: float = 30
    ready_seconds: float = 30
    stop_seconds: float = 15


class _Kept:
    """A child and the process that runs it now, if any."""

    def __init__(self, child: Child, log: ChildLog) -> None:
        self.child = child
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.restart_at = 0.0
        self.delay = 0.0
        self.deaths: deque[float] = deque()
        self.steady = False


class Supervisor:
    """Keep the children running from `with` to the end of its block.

    Everything happens in the caller's thread, in `tick()`; only the children's output is read beside it.
    """

    def __init__(
        self,
        children: list[Child],
        *,
        log_dir: Path,
        say: Callable[[str], None],
        show: Callable[[str, str], None] | None = None,
        cwd: Path | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.run_id = uuid.uuid4().hex
        self.patience = patience or Patience()
        self._say = say
        self._cwd = cwd
        self._kept = [_Kept(child, ChildLog(child.name, log_dir, show)) for child in children]
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._guard = self._start_guard()
        try:
            for kept in self._kept:
                self._start(kept)
                if kept.child.ready:
                    self.run_until(kept.child.ready, seconds=self.patience.ready_seconds, what=kept.child.name)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def pids(self) -> dict[str, int]:
        """Name the processes that run now."""
        return {kept.child.name: kept.process.pid for kept in self._kept if kept.process}

    @property
    def guard_pid(self) -> int | None:
        """Name the process that outlives the supervisor to end what it leaves."""
        return self._guard.pid if self._guard else None

    def tick(self) -> None:
        """Restart what has died, after its delay; raise SupervisorError for what dies again and again."""
        if self._guard is not None and self._guard.poll() is not None:
            if self._guard.stdin is not None:
                self._guard.stdin.close()
            self._guard = self._start_guard()
            for pid in self.pids().values():
                self._tell_guard(f"+{pid}")
        for kept in self._kept:
            if kept.process is not None:
                if (code := kept.process.poll()) is not None:
                    self._note_death(kept, kept.process, code)
            elif kept.started_at and time.monotonic() >= kept.restart_at:
                self._start(kept)

    def run_until(self, done: Callable[[], bool], *, seconds: float | None = None, what: str = "") -> None:
        """Keep the children running until `done()`; over the time, raise SupervisorError naming `what`."""
        deadline = None if seconds is None else time.monotonic() + seconds
        while not done():
            self.tick()
            if deadline and time.monotonic() > deadline:
                raise SupervisorError(f"{what} did not answer within {seconds:.0f} s; see {self._log_path(what)}.")
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """End the children, the last first, and whatever they left; asking twice does no harm."""
        for kept in reversed(self._kept):
            if kept.process is not None:
                self._end(kept.process)
                kept.process = None
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()  # its cue to look for strays
            self._guard.wait()
            self._guard = None
        for kept in self._kept:
            kept.log.close()

    def _start(self, kept: _Kept) -> None:
        child = kept.child
        env = os.environ | child.env | {leftovers.MARK: self._mark(child), "PYTHONUNBUFFERED": "1"}
        try:
            kept.process = subprocess.Popen(  # noqa: S603 — the argument lists are the site's own
                child.argv,
                env=env,
                cwd=self._cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A session of its own: Ctrl-C reaches the supervisor alone, which stops all in order.
                start_new_session=True,
            )
        except OSError as error:
            raise SupervisorError(f"{child.name} cannot be started: {error}.") from error
        kept.started_at = time.monotonic()
        self._tell_guard(f"+{kept.process.pid}")
        Thread(target=kept.log.follow, args=(kept.process.stdout,), daemon=True).start()

    def _note_death(self, kept: _Kept, process: subprocess.Popen[bytes], code: int) -> None:
        name, now = kept.child.name, time.monotonic()
        # A worker's own children would go on with a job that the restarted worker may take again.
        leftovers.signal_left(self._mark(kept.child), {process.pid}, signal.SIGKILL)
        self._tell_guard(f"-{process.pid}")
        kept.process = None
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit status {code}"
        if now - kept.started_at >= self.patience.steady_seconds:
            kept.steady, kept.delay = True, 0.0
        kept.deaths.append(now)
        while kept.deaths[0] < now - self.patience.deaths_within_seconds:
            kept.deaths.popleft()
        if not kept.steady and len(kept.deaths) >= self.patience.deaths_to_give_up:
            raise SupervisorError(
                f"{name} {how}, {len(kept.deaths)} times now; its last words were: "
                f"{kept.log.last_words() or 'none'}. See {kept.log.path}."
            )
        first, longest = self.patience.first_delay_seconds, self.patience.longest_delay_seconds
        kept.delay = min(kept.delay * 2 or first, longest)
        kept.restart_at = now + kept.delay
        self._say(f"{name} {how}; starting it again in {kept.delay:g} s (see {kept.log.path}).")

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            process.wait(self.patience.stop_seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start_guard(self) -> subprocess.Popen[bytes]:
        argv = [sys.executable, "-I", "-S", leftovers.__file__, self.run_id]
        return subprocess.Popen(  # noqa: S603 — this interpreter and a file of ours
            argv,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _tell_guard(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            with suppress(BrokenPipeError):  # it was killed; the next tick starts another
                self._guard.stdin.write(f"{line}\n".encode())

    def _mark(self, child: Child) -> str:
        return f"{self.run_id}/{child.name}/"

    def _log_path(self, name: str) -> str:
        return next((str(kept.log.path) for kept in self._kept if kept.child.name == name), "the logs")


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Turn Ctrl-C, SIGTERM and a closed terminal into a question: has somebody asked us to stop?

    Under nohup a closed terminal is no such question.
    """
    asked: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        asked.append(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def port_answers(host: str, port: int) -> bool:
    """Say whether something listens there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, port)) == 0


def require_free_port(host: str, port: int, *, for_what: str = "") -> None:
    """Raise SupervisorError, with the way out, when the port is taken or may not be used."""
    who = f" (for {for_what})" if for_what else ""
    with socket.socket() as probe:
        # Without it, connections of an earlier run in TIME_WAIT would look like a listener.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OverflowError as error:
            raise SupervisorError(f"There is no port {port}{who}; choose another with PORT=.") from error
        except PermissionError as error:
            raise SupervisorError(f"Port {port}{who} may not be used by you; choose another with PORT=.") from error
        except OSError as error:
            raise SupervisorError(f"Port {port}{who} is in use; choose another with PORT=.") from error
