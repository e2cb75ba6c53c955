"""Follows one video over its WebSocket until it is final, through cuts and silences."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from typing import Any

import websockets
from websockets.asyncio.client import connect

from vidsite.demo.client import DemoError, SiteClient

SILENCE_SECONDS = 10
TRIES = 8
LONGEST_DELAY_SECONDS = 10
NOT_FOUND = 4404


async def messages(site: SiteClient, video_id: str) -> AsyncGenerator[dict[str, Any], None]:
    """Yield every message about the video; after a silence, the snapshot that the API gives."""
    address = f"{site.url.replace('http', 'ws', 1)}/ws/videos/{video_id}/"
    failures = 0
    while True:
        try:
            # The site runs on this machine: a proxy from the environment would not find it.
            async with connect(
                address,
                additional_headers=site.session_headers(),
                origin=websockets.Origin(site.url),
                proxy=None,
            ) as socket:
                while True:
                    try:
                        text = await asyncio.wait_for(socket.recv(), SILENCE_SECONDS)
                    except TimeoutError:
                        yield (await site.call("GET", f"/api/videos/{video_id}"))["snapshot"]
                        continue
                    failures = 0
                    yield json.loads(text)
        except websockets.ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code == NOT_FOUND:
                raise DemoError("The site says that this video does not exist.") from error
            failures += 1
        except (OSError, websockets.InvalidHandshake) as error:
            failures += 1
            if failures >= TRIES:
                raise DemoError(f"The WebSocket at {address} cannot be opened: {error}") from error
        # Jitter, so that many clients do not come back in the same instant after a restart.
        await asyncio.sleep(min(2 ** (failures - 1), LONGEST_DELAY_SECONDS) * random.uniform(0.5, 1))  # noqa: S311 — no secret
