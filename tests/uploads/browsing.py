"""What a browser does with the upload API and the store, step by step."""

from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.factories import put, start_upload
from uploads.stores import get_store
from uploads.stores.local import LocalStore

Answer: TypeAlias = Any
"""A test response: Django adds attributes to it that its type does not tell."""

MIB = 1024 * 1024
PART = 8 * MIB
THREE_PARTS = b"a" * PART + b"b" * PART + b"tail"


def local_store() -> LocalStore:
    """Return the store of this test."""
    store = get_store()
    assert isinstance(store, LocalStore)
    return store


def part(content: bytes, number: int) -> bytes:
    """Return the bytes of one part."""
    return content[(number - 1) * PART : number * PART]


def part_url(client: Client, video_id: str, number: int = 1) -> str:
    """Ask for the URL of one part."""
    url: str = sign(client, video_id, [number]).json()["items"][0]["url"]
    return url


def sign(client: Client, video_id: str, numbers: list[int]) -> Answer:
    """Ask for the URLs of some parts."""
    return client.post(f"/api/uploads/{video_id}/parts", {"parts": numbers}, content_type="application/json")


def send(client: Client, video_id: str, number: int, body: bytes) -> Answer:
    """Ask for the URL of one part and put its bytes there."""
    return put(client, part_url(client, video_id, number), body)


def begin(client: Client, content: bytes, *, parts: list[int], name: str = "film.mp4") -> str:
    """Start an upload and send some of its parts, in the order given; return the video's id."""
    video_id: str = start_upload(client, name=name, size=len(content)).json()["videoId"]
    for number in parts:
        assert send(client, video_id, number, part(content, number)).status_code == 200
    return video_id


def complete(client: Client, video_id: str) -> Answer:
    """Ask to complete an upload."""
    return client.post(f"/api/uploads/{video_id}/complete")


def source_of(video_id: str) -> bytes:
    """Return the source as it lies in the store."""
    return local_store().object_path(f"sources/{video_id}/source").read_bytes()


def changed(url: str, **params: str | None) -> str:
    """Return a URL with some of its query parameters replaced, or removed where None."""
    address = urlsplit(url)
    query = {**dict(parse_qsl(address.query)), **params}
    kept = {name: value for name, value in query.items() if value is not None}
    return f"{address.path}?{urlencode(kept)}"


def fetch(url: str, *, method: str = "GET", **headers: str) -> Answer:
    """GET an object, as the ASGI server does; the response's bytes are in its `body`."""

    async def call() -> Answer:
        response: Answer = await AsyncClient().generic(method, url, headers=headers)
        if response.streaming:
            response.body = b"".join([chunk async for chunk in response.streaming_content])
        else:
            response.body = response.content
        return response

    return async_to_sync(call)()
