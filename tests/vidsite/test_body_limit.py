"""The limit on what one request may send, in the ASGI application that is served."""

import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from pytest_django.fixtures import Settings

from vidsite.asgi import application
from vidsite.body_limit import JSON_BODY_BYTES

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

TOO_LARGE = {"code": "too-large", "message": "This request is larger than the site takes."}
MIB = 1024 * 1024


async def send(path: str, *chunks: bytes, length: str | None = None) -> tuple[int, bytes]:
    """Send a PUT to the served application in chunks and return the status and body of its answer."""
    headers = [(b"host", b"127.0.0.1")]
    if length is not None:
        headers.append((b"content-length", length.encode()))
    scope: dict[str, Any] = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "PUT", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    communicator: Any = ApplicationCommunicator  # asgiref gives it no types
    exchange = communicator(application, scope)
    for chunk in chunks:
        await exchange.send_input({"type": "http.request", "body": chunk, "more_body": True})
    await exchange.send_input({"type": "http.request", "body": b"", "more_body": False})
    start = await exchange.receive_output(timeout=10)
    end = await exchange.receive_output(timeout=10)
    await exchange.wait()
    return start["status"], end["body"]


async def test_a_body_that_declares_too_much_is_refused_before_it_is_read() -> None:
    status, body = await send("/api/uploads", length=str(JSON_BODY_BYTES + 1))
    assert (status, json.loads(body)) == (413, TOO_LARGE)


async def test_a_body_that_sends_too_much_without_declaring_it_is_refused() -> None:
    status, body = await send("/api/uploads", *[b"x" * (JSON_BODY_BYTES // 4)] * 5)
    assert (status, json.loads(body)) == (413, TOO_LARGE)


async def test_a_body_that_sends_more_than_it_declared_is_refused() -> None:
    status, _ = await send("/api/uploads", *[b"x" * JSON_BODY_BYTES] * 2, length="10")
    assert status == 413


@pytest.mark.parametrize("length", ["-1", "many", "", "9" * 5000, "1e3"])
async def test_a_length_that_is_no_number_we_take_is_refused(length: str) -> None:
    status, _ = await send("/api/uploads", length=length)
    assert status == 413


async def test_a_body_of_exactly_the_limit_reaches_the_site() -> None:
    status, _ = await send("/nowhere", b"x" * JSON_BODY_BYTES, length=str(JSON_BODY_BYTES))
    assert status == 404


async def test_the_store_takes_one_part_of_the_largest_upload_and_no_more(settings: Settings) -> None:
    settings.MAX_UPLOAD_BYTES = 20 * 1024**3
    over, _ = await send("/store/sources/a/source", length=str(8 * MIB + 1))
    part, _ = await send("/store/sources/a/source", b"x" * 8 * MIB, length=str(8 * MIB))
    assert (over, part) == (413, 403)


async def test_the_path_is_compared_as_it_is_and_not_as_it_might_be() -> None:
    status, _ = await send("/storefront", length=str(2 * MIB))
    assert status == 413
