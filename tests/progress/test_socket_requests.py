"""What a browser may ask of its socket, and what ends it."""

import json
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from progress import consumers
from progress.services import video_update
from tests.progress.conftest import Browser, closed, heard, in_database
from tests.progress.watching import opened, report, start
from uploads.models import Video

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


async def test_a_ping_is_answered(browser: Browser, alice: User) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    await socket.send_json_to({"type": "ping"})

    assert await socket.receive_json_from(timeout=10) == {"type": "pong"}
    await socket.disconnect()


async def test_another_video_can_be_followed_and_left_again(
    browser: Browser, video: Video, alice: User, bob: User
) -> None:
    await in_database(lambda: video_update(video=video, title=None, visibility="public"))
    socket = await opened(await browser("/ws/videos/", user=bob))
    await socket.send_json_to({"type": "watch", "videoId": str(video.pk)})
    assert (await heard(socket, kind="snapshot"))["videoId"] == str(video.pk)
    await in_database(lambda: start(video))
    assert await heard(socket, kind="status", about=video.pk)

    await socket.send_json_to({"type": "unwatch", "videoId": str(video.pk)})
    await socket.send_json_to({"type": "ping"})
    while not await socket.receive_nothing(0.5):  # what was on its way
        await socket.receive_output()
    await in_database(lambda: report(video, renditions=[{"quality": "720p", "progress": 5}]))
    assert await socket.receive_nothing(0.5)
    await socket.disconnect()


async def test_a_video_followed_twice_is_told_once(browser: Browser, video: Video, alice: User) -> None:
    await in_database(lambda: start(video))
    socket = await opened(await browser("/ws/videos/", user=alice))
    await socket.send_json_to({"type": "watch", "videoId": str(video.pk)})
    for _ in range(2):
        await heard(socket, kind="snapshot")
    await in_database(lambda: report(video, renditions=[{"quality": "720p", "progress": 5}]))

    assert [(await socket.receive_json_from(timeout=10))["type"] for _ in range(2)] == ["status", "progress"]
    assert await socket.receive_nothing(0.5)
    await socket.disconnect()


@pytest.mark.parametrize("whose", ["theirs", "nobody's"])
async def test_watching_what_may_not_be_seen_is_an_error_and_no_end(
    browser: Browser, video: Video, bob: User, whose: str
) -> None:
    socket = await opened(await browser("/ws/videos/", user=bob))
    await socket.send_json_to({"type": "watch", "videoId": str(video.pk if whose == "theirs" else uuid4())})

    message = await socket.receive_json_from(timeout=10)
    assert (message["type"], message["code"]) == ("error", "not-found")
    await socket.disconnect()


async def test_one_connection_follows_only_so_many(
    browser: Browser, video: Video, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("progress.connections.MOST_FOLLOWED", 1)
    socket = await opened(await browser("/ws/videos/", user=alice))
    await heard(socket, kind="snapshot")
    await socket.send_json_to({"type": "watch", "videoId": str(video.pk)})

    assert (await heard(socket, kind="error"))["code"] == "watch.too-many"
    await socket.disconnect()


@pytest.mark.parametrize(
    "text",
    ["{", "[]", "null", "5", '"ping"', "{}", '{"type": 5}', '{"type": []}', '{"type": "watch"}',
     '{"type": "watch", "videoId": 5}', '{"type": "watch", "videoId": "x"}', '{"type": "video.messages"}',
     "[" * 4000, "9" * 4096],
    ids=lambda text: text[:20],
)  # fmt: skip
async def test_what_is_not_understood_is_answered(browser: Browser, alice: User, text: str) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    await socket.send_to(text_data=text)

    assert (await heard(socket, kind="error"))["code"] == "message.not-understood"
    await socket.send_json_to({"type": "ping"})
    await heard(socket, kind="pong")
    await socket.disconnect()


@pytest.mark.parametrize("text", ["x" * 5000, json.dumps({"type": "ping", "padding": "é" * 2500}, ensure_ascii=False)])
async def test_a_message_over_four_kilobytes_ends_the_connection(browser: Browser, alice: User, text: str) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    await socket.send_to(text_data=text)

    assert await closed(socket) == 4413


async def test_bytes_end_the_connection(browser: Browser, alice: User) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    await socket.send_to(bytes_data=b"ping")

    assert await closed(socket) == 4413


async def test_a_flood_ends_the_connection(browser: Browser, alice: User) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    for _ in range(61):
        await socket.send_json_to({"type": "ping"})

    assert await closed(socket) == 4429


async def test_close_codes_are_such_as_a_server_may_send() -> None:
    codes = (consumers.NOT_SIGNED_IN, consumers.NOT_FOUND, consumers.TOO_BIG, consumers.TOO_MANY, consumers.COME_AGAIN)

    assert all(4000 <= code <= 4999 for code in codes)
