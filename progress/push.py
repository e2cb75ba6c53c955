"""Send messages to the connections that watch a video, and to no others."""

import asyncio
import logging
from collections.abc import Collection, Sequence

from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from progress.messages import Message
from progress.models import Connection
from uploads.models import Video

logger = logging.getLogger(__name__)

EVENT = "video.messages"
"""The channel-layer event that a consumer turns into frames."""
SEND_SECONDS = 5
"""For all watchers together: whoever brought the news, a transcoder first of all, waits for this."""


def push(video: Video, messages: Sequence[Message]) -> None:
    """Send messages about a video to its watchers."""
    push_to(channels_watching(video), messages)


def channels_watching(video: Video) -> list[str]:
    """Return the channels of the connections that follow a video and may see it."""
    return list(Connection.objects.watching(video).values_list("channel_name", flat=True).distinct())


def push_to(names: Collection[str], messages: Sequence[Message]) -> None:
    """Send messages to these channels. What cannot be delivered is dropped: they ask for a snapshot."""
    if names and messages:
        async_to_sync(_send)(names, messages)


async def _send(names: Collection[str], messages: Sequence[Message]) -> None:
    layer = get_channel_layer()
    try:
        async with asyncio.timeout(SEND_SECONDS):
            for name in names:
                try:
                    await layer.send(name, {"type": EVENT, "messages": list(messages)})
                except ChannelFull:
                    logger.info("A watcher does not keep up and is left to poll: %s", name)
    except (RedisError, OSError):  # TimeoutError among them
        logger.warning("The channel layer is down; watchers are left to poll", exc_info=True)
