"""Uploads a video the way the browser does: docs/protocol.md, sections 1 to 3."""

import asyncio
import mimetypes
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, cast
from urllib.parse import urljoin

import httpx

PARTS_AT_ONCE = 4
PARTS_IN_ONE_CALL = 100
TRIES = 4
TIMEOUT = httpx.Timeout(60, connect=10)

Json = dict[str, Any]


class DemoError(Exception):
    """The site did not do what the demo asked; the message says what."""


class SiteClient:
    """A signed-in session, and beside it a client without cookies for presigned URLs."""

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.url = url
        # The site runs on this machine: a proxy from the environment would not find it.
        self.http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT, trust_env=False, transport=transport)
        self.store = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, transport=transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.http.aclose()
        await self.store.aclose()

    async def sign_in(self, name: str, password: str) -> None:
        """Fetch the form for its CSRF cookie, then post it."""
        form = "/accounts/login/"
        (await self.http.get(form)).raise_for_status()
        fields = {
            "username": name,
            "password": password,
            "csrfmiddlewaretoken": self.http.cookies["csrftoken"],
        }
        answer = await self.http.post(form, data=fields, headers={"Referer": self.url + form})
        if not answer.is_redirect:
            raise DemoError(f"Signing in as {name} was answered with {answer.status_code}.")

    def session_headers(self) -> dict[str, str]:
        """Give what a WebSocket needs to belong to this session."""
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())}

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Call the JSON API; raise DemoError with the site's own sentence when it refuses."""
        headers = {"X-CSRFToken": self.http.cookies["csrftoken"], "Referer": f"{self.url}/"}
        answer = await self.http.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise DemoError(f"{method} {path}: {_sentence(answer)}")
        return cast(Json, answer.json())

    async def upload(self, path: Path, sent: Callable[[int], None]) -> str:
        """Start, put the parts that the store has not got yet, complete; give the video's id.

        `sent` is called with the number of bytes of each part that has arrived.
        """
        facts = await asyncio.to_thread(path.stat)
        start = {
            "name": path.name,
            "size": facts.st_size,
            "type": mimetypes.guess_type(path.name)[0] or "application/octet-stream",
            "lastModified": int(facts.st_mtime * 1000),
        }
        upload = await self.call("POST", "/api/uploads", start)
        upload_path = f"/api/uploads/{upload['videoId']}"
        held = {part["number"] for part in upload["parts"]}
        sent(sum(part["size"] for part in upload["parts"]))
        wanted = [number for number in range(1, upload["partCount"] + 1) if number not in held]
        for first in range(0, len(wanted), PARTS_IN_ONE_CALL):
            numbers = wanted[first : first + PARTS_IN_ONE_CALL]
            answer = await self.call("POST", f"{upload_path}/parts", {"parts": numbers})
            await self._put_parts(path, upload["partSize"], answer["items"], sent)
        await self.call("POST", f"{upload_path}/complete")
        return cast(str, upload["videoId"])

    async def _put_parts(self, path: Path, part_size: int, parts: list[Json], sent: Callable[[int], None]) -> None:
        slots = asyncio.Semaphore(PARTS_AT_ONCE)

        async def put(part: Json) -> None:
            async with slots:
                body = await asyncio.to_thread(_read, path, (part["number"] - 1) * part_size, part["size"])
                await self._put(part, body)
                sent(part["size"])

        try:
            async with asyncio.TaskGroup() as group:
                for part in parts:
                    group.create_task(put(part))
        except ExceptionGroup as failed:
            raise DemoError(str(failed.exceptions[0])) from failed

    async def _put(self, part: Json, body: bytes) -> None:
        problem = ""
        for attempt in range(TRIES):
            await asyncio.sleep(2**attempt - 1)
            try:
                url = urljoin(self.url, part["url"])
                answer = await self.store.request(part["method"], url, content=body, headers=part["headers"])
            except httpx.TransportError as error:
                problem = repr(error)
                continue
            # "There is such an object already": an earlier try arrived, and only its answer was lost.
            if answer.is_success or answer.status_code == HTTPStatus.PRECONDITION_FAILED:
                return
            problem = _sentence(answer)
            if answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR:
                break
        raise DemoError(f"Part {part['number']} was not taken: {problem}")


def _read(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(size)


def _sentence(answer: httpx.Response) -> str:
    try:
        body = answer.json()
        return f"{body['message']} ({body['code']})"
    except (ValueError, KeyError, TypeError):
        return f"answered with {answer.status_code}"
