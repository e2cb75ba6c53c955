"""ASGI middleware that refuses a request body larger than any door of the site takes.

Django's ASGI handler spools the whole body to disk before a view runs, so a view cannot refuse it in time. Daphne, for
its part, receives the whole body into a temporary file before it calls this: what must never reach the disk has to be
stopped by the proxy in front.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.conf import settings

from uploads.planning import part_size_for

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

JSON_BODY_BYTES = 1024 * 1024
"""The largest JSON or form body: a transcoder's report with its waiting segments."""

HOOK_BODY_BYTES = 256 * 1024
"""The largest message of Amazon SNS, SQS and EventBridge."""

MAX_DIGITS = 18
"""Of a Content-Length; Python refuses to read a number of thousands of digits."""


class BodyLimit:
    """Answer 413 when Content-Length, or what really arrives, is over the limit of that path."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = _limit_of(scope["path"])
        body = _Body(receive)
        if not _may_be(dict(scope["headers"]).get(b"content-length", b"0"), limit):
            await _refuse(send)
            await body.drain()
            return

        async def counted() -> Message:
            message = await body.receive()
            # Django closes its spool file and answers nothing to a client that has gone: so be it for this one.
            return {"type": "http.disconnect"} if body.received > limit else message

        await self.app(scope, counted, send)
        if body.received > limit:
            await _refuse(send)
            await body.drain()


class _Body:
    """A request's body as it comes in."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True
        self.received = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._more = message.get("more_body", False)
        self.received += len(message.get("body", b""))
        return message

    async def drain(self) -> None:
        """Take what is left: Daphne has queued it, and would keep it in memory long after the answer."""
        while self._more:
            await self.receive()


def _may_be(declared: bytes, limit: int) -> bool:
    return declared.isdigit() and len(declared) <= MAX_DIGITS and int(declared) <= limit


def _limit_of(path: str) -> int:
    """Only the local store takes more than JSON: one part of the largest upload."""
    if path.startswith("/hooks/"):
        return HOOK_BODY_BYTES
    if path.startswith("/store/"):
        return part_size_for(settings.MAX_UPLOAD_BYTES)
    return JSON_BODY_BYTES


async def _refuse(send: Send) -> None:
    body = json.dumps({"code": "too-large", "message": "This request is larger than the site takes."}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
