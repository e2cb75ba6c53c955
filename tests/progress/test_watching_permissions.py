"""Who may follow a video, and who hears nothing of it."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from progress.services import video_update
from tests.progress.conftest import Browser, heard, in_database
from tests.progress.watching import opened, start
from uploads.models import Video

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


async def test_another_persons_video_is_never_delivered(
    browser: Browser, video: Video, alice: User, bob: User
) -> None:
    bobs = await opened(await browser("/ws/videos/", user=bob))
    own = await opened(await browser("/ws/videos/", user=alice))
    await in_database(lambda: start(video))
    await heard(own, kind="status")

    assert await bobs.receive_nothing(0.5)
    await bobs.disconnect()
    await own.disconnect()


async def test_a_private_video_is_closed_exactly_like_one_that_does_not_exist(
    browser: Browser, video: Video, bob: User
) -> None:
    outputs = []
    for video_id in (video.pk, uuid4()):
        for user in (bob, None):
            socket = await opened(await browser(f"/ws/videos/{video_id}/", user=user))
            outputs.append(await socket.receive_output(timeout=10))
            await socket.disconnect()

    assert outputs[0]["code"] == 4404
    assert all(output == outputs[0] for output in outputs)


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
async def test_a_stranger_may_follow_a_video_with_the_link(browser: Browser, video: Video, visibility: str) -> None:
    await in_database(lambda: video_update(video=video, title=None, visibility=visibility))
    socket = await opened(await browser(f"/ws/videos/{video.pk}/"))

    assert (await heard(socket, kind="snapshot"))["videoId"] == str(video.pk)
    await in_database(lambda: start(video))
    assert await heard(socket, kind="status")
    await socket.disconnect()


async def test_the_operator_may_follow_every_video(browser: Browser, video: Video, admin: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=admin))
    await heard(socket, kind="snapshot")
    await in_database(lambda: start(video))

    assert await heard(socket, kind="status")
    await socket.disconnect()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
async def test_a_foreign_page_is_refused(browser: Browser, video: Video, alice: User, origin: str | None) -> None:
    socket = await browser(f"/ws/videos/{video.pk}/", user=alice, origin=origin)
    connected, _ = await socket.connect(timeout=10)

    assert not connected


async def test_who_is_shut_out_hears_that_the_video_is_gone_and_nothing_more(
    browser: Browser, video: Video, alice: User, bob: User
) -> None:
    await in_database(lambda: video_update(video=video, title=None, visibility="public"))
    bobs = await opened(await browser(f"/ws/videos/{video.pk}/", user=bob))
    own = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await heard(bobs, kind="snapshot")
    await in_database(lambda: video_update(video=video, title=None, visibility="private"))
    assert await heard(bobs, kind="deleted", about=video.pk)
    await in_database(lambda: start(video))

    assert await heard(own, kind="status")
    assert await bobs.receive_nothing(0.5)
    await bobs.disconnect()
    await own.disconnect()
