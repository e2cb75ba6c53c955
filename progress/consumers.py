"""The live socket: authorise, register, snapshot, forward."""

import asyncio
import json
import logging
import time
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth.models import User
from django.db import DatabaseError

from progress import connections
from progress.messages import ErrorMessage, Message
from uploads.errors import NotFound, UserError

logger = logging.getLogger(__name__)

TOUCH_SECONDS = 30
MAX_MESSAGE_BYTES = 4096
MAX_MESSAGES = 60
"""What a client may send in MESSAGES_SECONDS."""
MESSAGES_SECONDS = 10

# Below 3000 Daphne sends only 1000: closing with 1008 or 1009 would raise and end as 1011, an error of the server.
NOT_SIGNED_IN, NOT_FOUND, TOO_BIG, TOO_MANY, COME_AGAIN = 4401, 4404, 4413, 4429, 4503


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """Every other address: closed as a video that does not exist, where a missing route would be a traceback."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(NOT_FOUND)


class VideoConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """`/ws/videos/<id>/` follows one video, `/ws/videos/` all of the signed-in user's (docs/protocol.md §4)."""

    touching: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Called when a browser opens the socket."""
        self.user = self.scope["user"]
        self.video_id: UUID | None = self.scope["url_route"]["kwargs"].get("video_id")
        self.received: list[float] = []
        await self.accept()
        if self.video_id is None and not isinstance(self.user, User):
            await self.close(NOT_SIGNED_IN)
            return
        try:
            await self.begin()
        except UserError as error:
            await self.close(NOT_FOUND if isinstance(error, NotFound) else TOO_MANY)
            return
        self.touching = asyncio.create_task(self.keep_alive())

    async def begin(self) -> None:
        """Register, then send what is true now."""
        if self.video_id is None:
            watch_all = database_sync_to_async(connections.connection_watch_all)
            for snapshot in await watch_all(channel_name=self.channel_name, user=self.user):
                await self.send_message(snapshot)
        else:
            await self.watch(self.video_id)

    async def disconnect(self, code: int) -> None:
        """Called when the socket is closed, unless the server is killed: the sweep covers that."""
        if self.touching is not None:
            self.touching.cancel()
        await database_sync_to_async(connections.connection_close)(channel_name=self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Called with each message of the browser."""
        if text_data is None or len(text_data.encode()) > MAX_MESSAGE_BYTES:
            await self.close(TOO_BIG)
            return
        now = time.monotonic()
        self.received = [*(at for at in self.received if now - at < MESSAGES_SECONDS), now]
        if len(self.received) > MAX_MESSAGES:
            await self.close(TOO_MANY)
            return
        try:
            await self.obey(json.loads(text_data))
        except UserError as error:
            await self.send_message(ErrorMessage(type="error", code=error.code, message=error.message))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            await self.send_message(
                ErrorMessage(
                    type="error",
                    code="message.not-understood",
                    message="Send watch, unwatch or ping as JSON.",
                )
            )

    async def obey(self, message: dict[str, Any]) -> None:
        """Do what a message asks for."""
        match message["type"]:
            case "ping":
                await self.send_message({"type": "pong"})
            case "watch":
                await self.watch(UUID(message["videoId"]))
            case "unwatch":
                await database_sync_to_async(connections.connection_unwatch)(
                    channel_name=self.channel_name, video_id=UUID(message["videoId"])
                )
            case _:
                raise ValueError(message["type"])

    async def watch(self, video_id: UUID) -> None:
        """Follow a video and send its snapshot."""
        watch = database_sync_to_async(connections.connection_watch)
        await self.send_message(await watch(channel_name=self.channel_name, user=self.user, video_id=video_id))

    async def keep_alive(self) -> None:
        """Touch the rows now and then, and leave when the video may be seen no longer."""
        touch = database_sync_to_async(connections.connection_touch)
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            try:
                fate = await touch(channel_name=self.channel_name, user=self.user, video_id=self.video_id)
            except DatabaseError:
                logger.warning("A connection could not be touched and is tried again", exc_info=True)
                continue
            if fate != "stays":
                await self.close(NOT_FOUND if fate == "shut out" else COME_AGAIN)
                return

    async def video_messages(self, event: dict[str, Any]) -> None:
        """Called with messages that progress.push sent to this socket."""
        for message in event["messages"]:
            await self.send_message(message)

    async def send_message(self, message: Message) -> None:
        await self.send(text_data=json.dumps(message))
