"""How every sweep goes through its rows."""

import logging
import time
from collections.abc import Callable, Iterable
from typing import TypeVar

logger = logging.getLogger(__name__)

SWEEP_SECONDS = 45
"""A sweep that takes longer, as while a store hardly answers, leaves the rest to the next: others wait behind it."""

Row = TypeVar("Row")


def put_each_right(rows: Iterable[Row], put_right: Callable[[Row], object]) -> None:
    """Put each row right: one that cannot be, now or ever, must not keep the sweep from all the others."""
    give_up_at = time.monotonic() + SWEEP_SECONDS
    for row in rows:
        if time.monotonic() > give_up_at:
            logger.warning("The sweep takes too long, and leaves the rest from %s on to the next", row)
            return
        try:
            put_right(row)
        except Exception:
            logger.exception("The sweep could not put %s right, and will try again", row)
