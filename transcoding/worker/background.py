"""Do what may take long in a thread of its own, so that whoever waits for it can still be stopped."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from transcoding.worker.errors import Interrupted

CHECK_SECONDS = 0.25

T = TypeVar("T")


def watched(work: Callable[[Callable[[], None]], T], *, check: Callable[[], None]) -> T:
    """Return what `work` returns, calling `check` four times a second meanwhile.

    What `check` raises is raised at once. The work is then left behind: the check it was given raises too, so it ends
    when it next looks, and a thread that is stuck in the network does not keep the program from ending.
    """
    given_up = threading.Event()
    outcome: Future[T] = Future()

    def check_inside() -> None:
        if given_up.is_set():
            raise Interrupted

    def run() -> None:
        try:
            outcome.set_result(work(check_inside))
        except BaseException as error:  # it is raised again where it is waited for
            outcome.set_exception(error)

    threading.Thread(target=run, name="storage", daemon=True).start()
    try:
        while not outcome.done():
            check()
            wait([outcome], timeout=CHECK_SECONDS)
    finally:
        given_up.set()
    return outcome.result()
