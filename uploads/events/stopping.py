"""Ctrl-C and SIGTERM for a loop that waits much and must finish what it has begun."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from threading import Thread
from types import FrameType
from typing import TypeVar

Result = TypeVar("Result")

LOOK_SECONDS = 0.1


class Stopped(Exception):
    """Somebody asked us to stop."""


class StopRequest:
    """Whether somebody asked us to stop."""

    def __init__(self) -> None:
        self._made = False

    def wait(self, call: Callable[[], Result]) -> Result:
        """Return what a call returns that only waits for others; raise Stopped as soon as a stop is asked for.

        The call goes on in a thread of its own then, which does not keep the process from ending. A signal handler
        that raises would be simpler, but what it raises can get lost in whatever code it happens to interrupt.
        """
        if self._made:
            raise Stopped
        future: Future[Result] = Future()
        Thread(target=_run, args=(call, future), daemon=True).start()
        while not self._made:
            if wait({future}, timeout=LOOK_SECONDS).done:
                return future.result()
        raise Stopped

    def note(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal."""
        self._made = True


def _run(call: Callable[[], Result], future: "Future[Result]") -> None:
    try:
        future.set_result(call())
    except Exception as error:
        future.set_exception(error)


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Turn SIGINT and SIGTERM into a StopRequest, and end the block quietly when one was made."""
    request = StopRequest()
    before = {number: signal.signal(number, request.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield request
    except Stopped:
        return
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
