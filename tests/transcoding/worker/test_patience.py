"""How long something may go on failing."""

import time

import pytest

from transcoding.worker.errors import PlatformError, Stopped
from transcoding.worker.patience import Patience

FAILURE = PlatformError("platform.storage", "It does not answer.")


def go_on() -> None:
    pass


def fail_for_ever(patience: Patience) -> int:
    """Return how many tries there were."""
    tries = 1
    with pytest.raises(PlatformError):
        while True:
            patience.wait(FAILURE)
            tries += 1
    return tries


def test_it_ends_after_its_time_with_the_last_failure() -> None:
    started = time.monotonic()
    tries = fail_for_ever(Patience(1.5, check=go_on))
    assert time.monotonic() - started <= 1.5
    assert 3 <= tries <= 6


def test_what_gets_on_has_all_its_time_again() -> None:
    patience = Patience(0.5, check=go_on)
    for _ in range(8):
        patience.wait(FAILURE)
        patience.start_anew()


def test_a_pause_can_be_stopped() -> None:
    started = time.monotonic()

    def stop_soon() -> None:
        if time.monotonic() - started > 0.3:
            raise Stopped("cancelled")

    patience = Patience(60, check=stop_soon)
    with pytest.raises(Stopped):
        while True:
            patience.wait(FAILURE)
    assert time.monotonic() - started < 1
