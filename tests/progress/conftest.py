"""Browsers that open sockets, on the whole ASGI application."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import uploaded_video
from uploads.models import Video
from vidsite.asgi import application

Socket = Any


class Browser(Protocol):
    def __call__(
        self, path: str, *, user: User | None = None, origin: str | None = "http://127.0.0.1:8000"
    ) -> Awaitable[Socket]: ...


def cookies_of(user: User | None) -> list[tuple[bytes, bytes]]:
    """Return the Cookie header of a browser in which this user is signed in."""
    if user is None:
        return []
    browser = Client()
    browser.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return [(b"cookie", f"{name}={browser.cookies[name].value}".encode())]


@pytest.fixture
def browser(redis: None, transactional_db: None) -> Browser:
    """Open a socket as a browser does, with its cookies and the Origin of its page."""

    async def open_socket(
        path: str, *, user: User | None = None, origin: str | None = "http://127.0.0.1:8000"
    ) -> Socket:
        headers = [(b"host", b"127.0.0.1:8000"), *await sync_to_async(cookies_of)(user)]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        return WebsocketCommunicator(application, path, headers=headers)

    return open_socket


async def heard(socket: Socket, *, kind: str, about: UUID | str | None = None) -> dict[str, Any]:
    """Return the next message of this type, and about this video if one is named; pass over others."""
    while True:
        message: dict[str, Any] = await socket.receive_json_from(timeout=10)
        if message["type"] == kind and (about is None or message["videoId"] == str(about)):
            return message


async def closed(socket: Socket) -> int:
    """Return the code with which the socket is closed next; pass over messages."""
    while True:
        output = await socket.receive_output(timeout=10)
        if output["type"] == "websocket.close":
            return int(output["code"])


async def in_database(work: Callable[[], Any]) -> Any:
    """Do something that needs the database, as from another process."""
    return await sync_to_async(work)()


@pytest.fixture
def video(browser: Browser, alice: User) -> Video:
    """A private video of Alice's, launched."""
    return uploaded_video(alice)
