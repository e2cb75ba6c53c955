"""A small real server that notes who came, and for what."""

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = tuple[int, Mapping[str, str], bytes]


class Listener(ThreadingHTTPServer):
    """Answers each path as it is told, anything else with 404, and keeps what was asked of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Reply] = {}
        self.hits: list[tuple[str, str]] = []
        """Path and body of each request."""
        self.authorizations: list[str] = []
        """What those who asked said of themselves."""
        self.connections = 0
        self.drip_seconds = 0.0
        """How long each byte of an answer's body takes."""

    @property
    def port(self) -> int:
        return self.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]  # whatever socketserver gave us

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went in the middle: the tests send such."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Listener)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        server.hits.append((self.path, body))
        server.authorizations.append(self.headers.get("Authorization", ""))
        status, headers, content = server.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), "Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        for piece in [content] if not server.drip_seconds else [content[n : n + 1] for n in range(len(content))]:
            time.sleep(server.drip_seconds)
            self.wfile.write(piece)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what matters is in `hits`."""


@contextmanager
def listener(*, tls: ssl.SSLContext | None = None) -> Iterator[Listener]:
    """Run a listener on 127.0.0.1, over TLS where a context is given."""
    with Listener() as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
