"""Tell the site how far the attempt is, from a thread of its own."""

import asyncio
import json
import logging
import random
import threading
import time
from types import TracebackType
from typing import Any, Self

import httpx

from transcoding.worker.errors import Interrupted, ReportNotDeliveredError, Stopped
from transcoding.worker.report import Report
from transcoding.worker.site import OK, REQUEST_SECONDS, STOPPING, UNPROCESSABLE, stop_reason
from transcoding.worker.stop import StopSwitch

log = logging.getLogger(__name__)

MIN_INTERVAL_SECONDS = 1.0
IDLE_SECONDS = 4.0  # together with the time a request takes, a report at least every 5 s
MOST_ANSWER_BYTES = 65536
MAX_BACKOFF_SECONDS = 60.0
MOST_DOUBLINGS = 6
FINAL_SECONDS = 3600.0
INTERRUPTED_SECONDS = 10.0
POLL_SECONDS = 0.05


class HttpReporter:
    """Post the merged latest state: at most once a second, at least every five, and at once when a chunk or all ends.

    Used as a context manager around the whole attempt. A 409 or 401 throws the stop switch. Leaving the
    context ends the thread; `finish` is what makes sure that the final state arrives.
    """

    def __init__(self, report: Report, *, url: str, token: str, stop: StopSwitch) -> None:
        self._report = report
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._stop = stop
        self._closing = threading.Event()
        self._delivered = threading.Event()
        self._refused = threading.Event()
        self._finishing = threading.Event()
        self._unanswered = False
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join(REQUEST_SECONDS + 1)

    def finish(self, *, give_up_seconds: float = FINAL_SECONDS) -> None:
        """Deliver the report's final state, trying again until it is accepted.

        Raises Stopped when the site no longer wants it, ReportNotDeliveredError when it could not be told
        within give_up_seconds, or within 10 s of a request to end.
        """
        deadline = time.monotonic() + give_up_seconds
        self._finishing.set()
        while True:
            # First whether the thread lives, then whether it delivered: delivering is the last thing it does.
            ended = not self._thread.is_alive()
            if self._delivered.wait(POLL_SECONDS):
                return
            reason = self._stop.reason
            if isinstance(reason, Stopped):
                raise reason
            if isinstance(reason, Interrupted):
                deadline = min(deadline, time.monotonic() + INTERRUPTED_SECONDS)
            if ended or self._refused.is_set() or time.monotonic() > deadline:
                raise ReportNotDeliveredError

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._post_until_closed())

    async def _post_until_closed(self) -> None:
        # Proxy variables of the machine are ignored: the token goes to the site and nowhere else.
        async with httpx.AsyncClient(trust_env=False, headers=self._headers) as client:
            failures = 0
            while not self._closing.is_set():
                finishing = self._finishing.is_set()
                document, sent, version = self._report.next_document()
                final = document["status"] != "RUNNING"
                answer = await self._post(client, document)
                if answer == OK:
                    self._report.acknowledge(sent)
                if answer in STOPPING:
                    return
                if final and answer == OK:
                    self._delivered.set()
                    return
                if finishing and answer == UNPROCESSABLE:
                    self._refused.set()
                    return
                self._unanswered = self._unanswered or final
                failures = 0 if answer in {OK, UNPROCESSABLE} else min(failures + 1, MOST_DOUBLINGS)
                await self._pause(failures, version)
                if self._finishing.is_set() and not finishing:
                    failures = 0

    async def _post(self, client: httpx.AsyncClient, document: dict[str, Any]) -> int | None:
        """Send one report; return the answer's status, or None when there was none in time."""
        try:
            # A deadline for the whole exchange: httpx's own limits start anew with each byte.
            async with (
                asyncio.timeout(REQUEST_SECONDS),
                client.stream("POST", self._url, content=json.dumps(document)) as response,
            ):
                body = await _start_of(response)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            log.warning("A report was not answered: %s.", type(error).__name__)
            return None
        if response.status_code in STOPPING:
            reason = stop_reason(response.status_code, body)
            self._stop.set(Stopped(reason, certain=not self._unanswered))
        elif response.status_code == UNPROCESSABLE:
            log.error("The site does not understand report %s: %s", document["seq"], body[:500])
        elif response.status_code != OK:
            log.warning("A report was answered with %s.", response.status_code)
        return response.status_code

    async def _pause(self, failures: int, version: int) -> None:
        """Wait for the next turn: news, the heartbeat, or the end of the back-off after failures."""
        started = time.monotonic()
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load and keeps no secret
        back_off = min(MAX_BACKOFF_SECONDS, 2**failures) * jitter if failures else 0.0
        was_finishing = self._finishing.is_set()
        while not self._closing.is_set():
            waited = time.monotonic() - started
            if self._finishing.is_set():
                # The final state goes out at once, whatever the back-off was before it.
                if not was_finishing or waited >= back_off:
                    return
            elif (
                (self._report.is_urgent and not failures)
                or waited >= IDLE_SECONDS
                or (waited >= max(MIN_INTERVAL_SECONDS, back_off) and self._report.version != version)
            ):
                return
            await asyncio.sleep(POLL_SECONDS)


async def _start_of(response: httpx.Response) -> str:
    body = b""
    async for block in response.aiter_bytes():
        body += block
        if len(body) > MOST_ANSWER_BYTES:
            break
    return body[:MOST_ANSWER_BYTES].decode(errors="replace")
