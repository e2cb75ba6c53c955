"""A real HTTP server in the place of the site, which records every report and gives out chunks."""

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.transcoder.giver import ChunkGiver

Report = dict[str, Any]
Answer = tuple[int, dict[str, Any]]

GO_ON: Answer = (200, {"continue": True})


class Site:
    """The reports that arrived, with their time; `answer` decides what each is told.

    Chunks are planned as the real site plans them.
    """

    def __init__(self, port: int = 0) -> None:
        self.reports: list[Report] = []
        self.accepted: list[Report] = []
        self.times: list[float] = []
        self.tokens: set[str | None] = set()
        self.chunks = ChunkGiver(segment_seconds=4)
        self.answer: Callable[[Report], Answer] = lambda _report: GO_ON
        self._server = _Server(("127.0.0.1", port), self)
        self.port = int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/jobs/job/reports"

    @contextmanager
    def running(self) -> Iterator["Site"]:
        thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def take(self, report: Report, token: str | None) -> Answer:
        self.reports.append(report)
        self.times.append(time.monotonic())
        self.tokens.add(token)
        status, body = self.answer(report)
        if status == 200:
            self.accepted.append(report)
        return status, body

    def give_chunk(self, claim: dict[str, Any]) -> Answer:
        """Answer a claim of one transcoder that has this film to itself."""
        status, body = self.answer({})
        return (status, body) if status != 200 else (200, self.chunks.answer("", claim))

    @property
    def last(self) -> Report:
        return self.accepted[-1]

    def segments(self, quality: str) -> dict[int, dict[str, Any]]:
        """Return the segments of one quality in every accepted report, by number."""
        return {
            segment["n"]: segment
            for report in self.accepted
            for rendition in report["renditions"]
            if rendition["quality"] == quality
            for segment in rendition["segments"]
        }

    def rendition(self, quality: str) -> dict[str, Any]:
        """Return one quality as the last accepted report tells it."""
        found: dict[str, Any] = next(each for each in self.last["renditions"] if each["quality"] == quality)
        return found

    def wait_for(self, wanted: Callable[["Site"], object], *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not wanted(self):
            assert time.monotonic() < deadline, f"the site waited {seconds} s in vain; last: {self.reports[-1:]}"
            time.sleep(0.02)


class _Server(http.server.ThreadingHTTPServer):
    def __init__(self, address: tuple[str, int], site: Site) -> None:
        super().__init__(address, _Handler)
        self.site = site


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # without keep-alive, a site that is down answers nobody
    server: _Server

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/chunks"):
            status, body = self.server.site.give_chunk(told)
        else:
            status, body = self.server.site.take(told, self.headers["Authorization"])
        answer = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass
