"""The demo's WebSocket, against a server in this process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from vidsite.demo.client import DemoError, SiteClient
from vidsite.demo.follow import messages

Handler = Callable[[ServerConnection], Awaitable[None]]


def follow(handler: Handler, count: int) -> list[dict[str, Any]]:
    """Follow a video on a server with this handler until so many messages have come."""

    async def session() -> list[dict[str, Any]]:
        async with serve(handler, "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            async with SiteClient(f"http://127.0.0.1:{port}") as site, aclosing(messages(site, "1")) as news:
                site.http.cookies.set("sessionid", "abc")
                found: list[dict[str, Any]] = []
                async for message in news:
                    found.append(message)
                    if len(found) == count:
                        break
                return found

    return asyncio.run(session())


def test_the_session_and_the_origin_are_presented() -> None:
    async def handler(socket: ServerConnection) -> None:
        assert socket.request is not None
        headers = socket.request.headers
        await socket.send(json.dumps([socket.request.path, headers["Cookie"], headers["Origin"], headers["Host"]]))

    path, cookie, origin, host = follow(handler, 1)[0]
    assert (path, cookie) == ("/ws/videos/1/", "sessionid=abc")
    assert origin == f"http://{host}"


def test_a_cut_connection_is_opened_again() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "snapshot"}))
        socket.transport.abort()

    assert follow(handler, 2) == [{"type": "snapshot"}] * 2


def test_a_video_that_may_not_be_seen_ends_it() -> None:
    async def handler(socket: ServerConnection) -> None:
        await socket.close(4404)

    with pytest.raises(DemoError, match="does not exist"):
        follow(handler, 1)
