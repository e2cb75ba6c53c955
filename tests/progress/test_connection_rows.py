"""The rows of open sockets, and sockets that live on."""

import asyncio
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from progress import connections, consumers
from progress.connections import sweep_connections
from progress.models import Connection
from tests.progress.conftest import Browser, closed, heard, in_database
from tests.progress.watching import opened, start
from uploads.models import Video

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


async def test_connection_rows_appear_and_go(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await heard(socket, kind="snapshot")
    row = await in_database(Connection.objects.get)
    await socket.disconnect()

    assert (row.video_id, row.user_id) == (video.pk, alice.pk)
    assert not await in_database(Connection.objects.exists)


async def test_a_living_connection_touches_its_rows(
    browser: Browser, video: Video, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TOUCH_SECONDS", 0.05)
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await heard(socket, kind="snapshot")
    before = (await in_database(Connection.objects.get)).last_seen_at
    await asyncio.sleep(0.5)

    assert (await in_database(Connection.objects.get)).last_seen_at > before
    await socket.disconnect()


async def test_a_connection_whose_rows_were_swept_is_told_to_come_again(
    browser: Browser, video: Video, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TOUCH_SECONDS", 0.2)
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await heard(socket, kind="snapshot")
    await in_database(lambda: sweep_connections(now=timezone.now() + timedelta(minutes=3)))

    assert await closed(socket) == 4503


async def test_a_connection_of_an_account_that_was_disabled_ends(
    browser: Browser, video: Video, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "TOUCH_SECONDS", 0.05)
    socket = await opened(await browser("/ws/videos/", user=alice))
    await in_database(lambda: User.objects.update(is_active=False))

    assert await closed(socket) == 4404


async def test_an_idle_socket_outlives_the_read_timeout_of_redis(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await heard(socket, kind="snapshot")

    assert await socket.receive_nothing(8)
    await in_database(lambda: start(video))
    assert await heard(socket, kind="status")
    await socket.disconnect()


async def test_an_address_that_is_no_door_is_closed_like_a_video_that_does_not_exist(browser: Browser) -> None:
    socket = await opened(await browser("/ws/elsewhere/"))
    assert await closed(socket) == 4404


async def test_one_user_holds_only_so_many_sockets(
    browser: Browser, video: Video, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_SOCKETS", 1)
    first = await opened(await browser("/ws/videos/", user=alice))
    await heard(first, kind="snapshot")

    assert await closed(await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))) == 4429
    await first.disconnect()
