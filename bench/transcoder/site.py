"""Takes the transcoder's reports in the place of the site, and remembers when it heard of what."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class Site:
    """A server on this machine; `arrivals` has the time of each segment's first report."""

    def __init__(self) -> None:
        self.reports: list[dict[str, Any]] = []
        self.arrivals: dict[tuple[str, int], float] = {}
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[Self]:
        take = self._take

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b'{"continue": true}')

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = Thread(target=server.serve_forever)
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_port}/"
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def _take(self, report: dict[str, Any]) -> None:
        now = time.monotonic()
        self.reports.append(report)
        for rendition in report.get("renditions", []):
            for segment in rendition["segments"]:
                self.arrivals.setdefault((rendition["quality"], segment["n"]), now)
