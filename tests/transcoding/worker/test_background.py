"""Work that can be left behind."""

import threading
import time
from collections.abc import Callable

import pytest

from transcoding.worker.background import watched
from transcoding.worker.errors import Interrupted, PlatformError, Stopped


def go_on() -> None:
    pass


def test_what_the_work_returns_is_returned() -> None:
    assert watched(lambda _check: 7, check=go_on) == 7


def test_what_the_work_raises_is_raised() -> None:
    def fail(_check: Callable[[], None]) -> None:
        raise PlatformError("platform.storage", "It does not answer.")

    with pytest.raises(PlatformError, match="does not answer"):
        watched(fail, check=go_on)


def test_work_that_hangs_is_left_behind_and_ends_when_it_next_looks() -> None:
    hanging = threading.Event()
    ended: list[BaseException] = []

    def hang(check: Callable[[], None]) -> None:
        hanging.wait(10)
        try:
            check()
        except Interrupted as error:
            ended.append(error)

    def stop() -> None:
        raise Stopped("cancelled")

    started = time.monotonic()
    with pytest.raises(Stopped):
        watched(hang, check=stop)
    assert time.monotonic() - started < 1
    hanging.set()
    while not ended:
        assert time.monotonic() - started < 5
        time.sleep(0.01)
