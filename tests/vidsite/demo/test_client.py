"""The demo's upload, against a site in this process that answers like docs/protocol.md."""

import asyncio
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from vidsite.demo.client import DemoError, SiteClient

SITE = "http://site"
CONTENT = b"aaaabbbbcc"
PART_BYTES = 4
SIGNED = {"Content-Type": "video/mp4", "If-None-Match": "*"}


class FakeSite:
    """One user, one upload of ten bytes in three parts."""

    def __init__(self) -> None:
        self.parts: dict[int, bytes] = {}
        self.refusals: list[int] = []
        self.completed = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/accounts/login/":
            return self._sign_in(request)
        if path.startswith("/store/"):
            return self._put(request, int(path.rsplit("/", 1)[1]))
        if request.headers["X-CSRFToken"] != "token" or "sessionid=1" not in request.headers["Cookie"]:
            return httpx.Response(403, json={"code": "csrf", "message": "Sign in first."})
        if path == "/api/uploads":
            held = [{"number": number, "size": len(body)} for number, body in self.parts.items()]
            return httpx.Response(201, json={"videoId": "1", "partSize": 4, "partCount": 3, "parts": held})
        if path == "/api/uploads/1/parts":
            return httpx.Response(200, json={"items": [self._part(n) for n in json.loads(request.content)["parts"]]})
        assert path == "/api/uploads/1/complete"
        self.completed = True
        return httpx.Response(200, json={"videoId": "1", "status": "QUEUED"})

    def _sign_in(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, headers={"Set-Cookie": "csrftoken=token; Path=/"})
        if b"password=right" in request.content and b"csrfmiddlewaretoken=token" in request.content:
            return httpx.Response(302, headers={"Set-Cookie": "sessionid=1; Path=/", "Location": "/"})
        return httpx.Response(200)

    def _part(self, number: int) -> dict[str, Any]:
        size = min(PART_BYTES, len(CONTENT) - (number - 1) * PART_BYTES)
        return {"number": number, "size": size, "method": "PUT", "url": f"/store/{number}", "headers": SIGNED}

    def _put(self, request: httpx.Request, number: int) -> httpx.Response:
        assert "Cookie" not in request.headers, "the signature alone must do"
        assert {name: request.headers[name] for name in SIGNED} == SIGNED
        if self.refusals:
            return httpx.Response(self.refusals.pop(), json={"code": "store.refused", "message": "Not now."})
        self.parts[number] = request.content
        return httpx.Response(200)


@pytest.fixture
def fake() -> FakeSite:
    return FakeSite()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.mp4"
    path.write_bytes(CONTENT)
    return path


def upload(fake: FakeSite, film: Path, *, sign_in: str = "right") -> tuple[str, list[int]]:
    sent: list[int] = []

    async def session() -> str:
        async with SiteClient(SITE, transport=httpx.MockTransport(fake)) as site:
            await site.sign_in("demo", sign_in)
            return await site.upload(film, sent.append)

    work: Coroutine[Any, Any, str] = session()
    return asyncio.run(work), sent


def test_every_part_arrives_and_the_upload_is_completed(fake: FakeSite, film: Path) -> None:
    video_id, sent = upload(fake, film)
    assert video_id == "1"
    assert fake.parts == {1: b"aaaa", 2: b"bbbb", 3: b"cc"}
    assert sum(sent) == len(CONTENT)
    assert fake.completed


def test_parts_that_the_store_has_are_not_sent_again(fake: FakeSite, film: Path) -> None:
    fake.parts = {1: b"held"}
    _, sent = upload(fake, film)
    assert fake.parts[1] == b"held"
    assert sum(sent) == len(CONTENT)


def test_a_part_is_sent_again_after_a_failure_of_the_store(fake: FakeSite, film: Path) -> None:
    fake.refusals = [503]
    upload(fake, film)
    assert fake.parts == {1: b"aaaa", 2: b"bbbb", 3: b"cc"}


def test_a_file_that_is_there_already_arrived_by_an_earlier_try(fake: FakeSite, film: Path) -> None:
    fake.refusals = [412]
    upload(fake, film)
    assert fake.completed


def test_a_refused_part_ends_the_upload_with_the_stores_sentence(fake: FakeSite, film: Path) -> None:
    fake.refusals = [403]
    with pytest.raises(DemoError, match=r"Not now\. \(store\.refused\)"):
        upload(fake, film)
    assert not fake.completed


def test_a_wrong_password_is_noticed(fake: FakeSite, film: Path) -> None:
    with pytest.raises(DemoError, match="Signing in as demo"):
        upload(fake, film, sign_in="wrong")
