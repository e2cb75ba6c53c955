"""Takes reports and gives chunks in the place of the site, and remembers when it heard of what."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self

from bench.transcoder.giver import ChunkGiver
from transcoding.worker.spec import JobSpec

SEGMENT_SECONDS = 4


class Site:
    """A server on this machine; `arrivals` has the time of each segment's first report."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.arrivals: dict[tuple[str, int], float] = {}
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[Self]:
        take, chunks = self._take, ChunkGiver(segment_seconds=SEGMENT_SECONDS)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = {"continue": True}
                if self.path.endswith("/chunks"):
                    answer = chunks.answer(self.headers["Authorization"], told)
                else:
                    take(told)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_port}"
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def asked_by(self, spec: JobSpec) -> JobSpec:
        """Return the specification with this site in it."""
        return replace(spec, report_url=f"{self.url}/reports", chunks_url=f"{self.url}/chunks")

    def _take(self, report: dict[str, Any]) -> None:
        now = time.monotonic()
        self.reports.append(report)
        for rendition in report.get("renditions", []):
            for segment in rendition["segments"]:
                self.arrivals.setdefault((rendition["quality"], segment["n"]), now)
