"""What the store answers to Complete may be lost, wrong or an error inside a 200: one job comes of it all the same."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import httpx
import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket
from tests.real_s3.test_upload_api import begin
from tests.uploads.browsing import THREE_PARTS, complete
from transcoding.models import Job
from uploads.stores import aws

ERROR_INSIDE_200 = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InternalError</Code><Message>Try again.</Message></Error>"""
CONFLICT = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>ConditionalRequestConflict</Code><Message>Another request is writing this key.</Message></Error>"""
FAR_TOO_LONG_SECONDS = 30

Fault = Callable[["Handler", Callable[[], None]], None]


class Between(ThreadingHTTPServer):
    """Stands between the site and the server, and does to each Complete what the next of its faults says."""

    daemon_threads = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.endpoint = endpoint
        self.faults: list[Fault] = []
        self.completes = 0
        self.over = Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Between

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))

        def forward() -> None:
            self.answer = httpx.request(
                self.command, f"{self.server.endpoint}{self.path}", headers=dict(self.headers), content=body
            )

        if self.command == "POST" and "uploadId=" in self.path:
            self.server.completes += 1
            if self.server.faults:
                self.server.faults.pop(0)(self, forward)
                return
        forward()
        self.reply(self.answer.status_code, self.answer.content, dict(self.answer.headers))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _handle

    def reply(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {"content-type": "application/xml"}).items():
            if name not in {"content-length", "transfer-encoding", "connection", "date", "server"}:
                self.send_header(name, value)
        length = (headers or {}).get("content-length", str(len(body))) if self.command == "HEAD" else str(len(body))
        self.send_header("content-length", length)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def error_inside_200_though_it_was_done(handler: Handler, forward: Callable[[], None]) -> None:
    forward()
    handler.reply(200, ERROR_INSIDE_200)


def error_inside_200_and_not_done(handler: Handler, forward: Callable[[], None]) -> None:
    handler.reply(200, ERROR_INSIDE_200)


def done_and_cut_off(handler: Handler, forward: Callable[[], None]) -> None:
    forward()
    handler.close_connection = True


def done_and_never_answered(handler: Handler, forward: Callable[[], None]) -> None:
    forward()
    handler.server.over.wait(FAR_TOO_LONG_SECONDS)
    handler.close_connection = True


def conflict(handler: Handler, forward: Callable[[], None]) -> None:
    handler.reply(409, CONFLICT)


@pytest.fixture
def between(ceph: Ceph, bucket: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Between]:
    """The site speaks through it; browsers do not."""
    with Between(ceph.endpoint) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(aws, "PATIENT_READ_SECONDS", 2)
        aws.forget_clients()
        yield server
        server.over.set()
        server.shutdown()


@pytest.mark.parametrize(
    "fault",
    [error_inside_200_though_it_was_done, error_inside_200_and_not_done, done_and_cut_off, done_and_never_answered],
)
def test_complete_is_tried_again_and_makes_one_job(
    alices: Client, web: httpx.Client, bucket: Bucket, between: Between, fault: Fault
) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 2, 3)
    between.faults = [fault]
    answer = complete(alices, video_id)
    assert (answer.status_code, answer.json()) == (200, {"videoId": video_id, "status": "UPLOADED"})
    assert between.completes == 2
    assert bucket.content(f"sources/{video_id}/source") == THREE_PARTS
    assert Job.objects.count() == 1


def test_a_conflict_is_told_and_the_next_complete_makes_one_job(
    alices: Client, web: httpx.Client, bucket: Bucket, between: Between
) -> None:
    video_id = begin(alices, web, THREE_PARTS, 1, 2, 3)
    between.faults = [conflict]
    refused = complete(alices, video_id)
    assert (refused.status_code, refused.json()["code"]) == (503, "store.failed")
    assert complete(alices, video_id).status_code == 200
    assert complete(alices, video_id).status_code == 200
    assert Job.objects.count() == 1
