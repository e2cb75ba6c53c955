"""Delivers state changes to the site, as an EventBridge rule with an API destination does."""

import logging
import time
from collections.abc import Mapping
from queue import Queue
from threading import Thread
from typing import Any

import httpx

from vidsite.local_ecs.documents import state_change

logger = logging.getLogger(__name__)

LATENCY_SECONDS = 0.5
"""About what a real one takes: whoever started a task knows its name before it is told of it."""
FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS = 0.5, 8.0
GIVE_UP_SECONDS = 60
REQUEST_SECONDS = 5
"""EventBridge's own limit."""
TOO_MANY = 429


class Courier(Thread):
    """Posts events in their order, each again until it is taken or too old to matter."""

    def __init__(self, url: str, secret: str) -> None:
        """`url` is "" where nobody wants to hear."""
        super().__init__(name="events", daemon=True)
        self._url = url
        self._headers = {"X-Api-Key": secret, "Content-Type": "application/json"}
        self._waiting: Queue[tuple[float, str] | None] = Queue()

    def tell(self, task: Mapping[str, Any]) -> None:
        """Let the site know how a task is now."""
        if self._url:
            self._waiting.put((time.monotonic(), state_change(task)))

    def finish(self, *, seconds: float) -> None:
        """Wait for so long until all that was told is delivered; then no more is."""
        self._waiting.put(None)
        self.join(seconds)

    def run(self) -> None:
        with httpx.Client(headers=self._headers, timeout=REQUEST_SECONDS, trust_env=False) as site:
            while (waiting := self._waiting.get()) is not None:
                happened_at, event = waiting
                time.sleep(max(0.0, happened_at + LATENCY_SECONDS - time.monotonic()))
                self._deliver(site, event, until=happened_at + GIVE_UP_SECONDS)

    def _deliver(self, site: httpx.Client, event: str, *, until: float) -> None:
        delay = FIRST_DELAY_SECONDS
        while (problem := self._post(site, event)) and time.monotonic() + delay < until:
            time.sleep(delay)
            delay = min(2 * delay, LONGEST_DELAY_SECONDS)
        if problem:
            logger.warning("The site did not take an event: %s", problem)

    def _post(self, site: httpx.Client, event: str) -> str:
        """Return what stands in the way, and may go away; "" when there is nothing more to be done."""
        try:
            answer = site.post(self._url, content=event)
        except httpx.TransportError as error:
            return repr(error)
        if answer.status_code == TOO_MANY or answer.is_server_error:
            return f"status {answer.status_code}"
        if answer.is_error:
            logger.error("The site refuses events with %s: %s", answer.status_code, answer.text)
        return ""
