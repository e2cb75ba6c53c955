"""The live socket, from the handshake to the last message."""

import asyncio
import json
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from progress import consumers
from progress.connections import sweep_connections
from progress.models import Connection
from progress.services import video_delete, video_update
from tests.factories import first_report, report_of, segments, uploaded_video
from tests.progress.conftest import Browser, Socket, closed, heard, in_database
from transcoding.models import Attempt
from transcoding.reports import report_record
from transcoding.services import attempt_start, job_cancel
from uploads.models import Video

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


def report(video: Video, **facts: Any) -> str:
    """Report as the transcoder of a video's only attempt."""
    attempt = Attempt.objects.get(job__video=video)
    return report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt, **facts))


def start(video: Video) -> Attempt:
    """Let a transcoder claim the attempt and say which renditions there will be."""
    attempt = Attempt.objects.get(job__video=video)
    attempt_start(job_id=attempt.job_id, number=1)
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    return attempt


async def opened(socket: Socket) -> Socket:
    connected, _ = await socket.connect(timeout=10)
    assert connected
    return socket


@pytest.fixture
def video(browser: Browser, alice: User) -> Video:
    """A private video of Alice's, launched."""
    return uploaded_video(alice)


async def test_the_first_message_is_the_snapshot(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))

    message = await socket.receive_json_from(timeout=10)
    assert (message["type"], message["videoId"], message["status"]) == ("snapshot", str(video.pk), "LAUNCHED")
    assert message["position"] == 1
    await socket.disconnect()


async def test_changes_follow_with_absolute_values_and_growing_versions(
    browser: Browser, video: Video, alice: User
) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    versions = [(await heard(socket, kind="snapshot"))["version"]]
    await in_database(lambda: start(video))
    for percent in (10, 30):
        await in_database(partial(report, video, renditions=[{"quality": "720p", "progress": percent}]))
        message = await heard(socket, kind="progress")
        assert (message["quality"], message["progress"], message["status"]) == ("720p", percent, "ENCODING")
        versions.append(message["version"])

    assert versions == sorted(set(versions))
    await socket.disconnect()


async def test_new_renditions_are_told_whole(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await in_database(lambda: start(video))
    while not (snapshot := await heard(socket, kind="snapshot"))["renditions"]:
        pass

    told = [(r["quality"], r["kind"], r["width"], r["progress"]) for r in snapshot["renditions"]]
    assert told == [("720p", "video", 1280, 0), ("240p", "video", 426, 0), ("audio", "audio", None, 0)]
    await socket.disconnect()


async def test_the_video_becomes_playable_while_it_is_encoded(browser: Browser, video: Video, alice: User) -> None:
    await in_database(lambda: start(video))
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    before = await heard(socket, kind="snapshot")
    first = [segments(quality, range(1)) for quality in ("720p", "240p", "audio")]
    await in_database(lambda: report(video, renditions=first, speed=2.0, encodedSeconds=4))
    after = await heard(socket, kind="status")

    assert (before["playable"], after["playable"]) == (False, True)
    assert (after["eta"], after["speed"], after["stage"]) == (28, 2.0, "ENCODING")
    await socket.disconnect()


async def test_the_end_is_told(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await in_database(lambda: start(video))
    ready = [{"quality": quality, "status": "READY"} for quality in ("720p", "240p", "audio")]
    await in_database(lambda: report(video, status="SUCCEEDED", renditions=ready))
    while (message := await heard(socket, kind="status"))["status"] != "COMPLETED":
        pass

    assert (message["stage"], message["error"]) == ("", None)
    await socket.disconnect()


async def test_a_reconnected_socket_begins_with_what_is_true_now(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await socket.disconnect()
    await in_database(lambda: start(video))
    await in_database(lambda: report(video, renditions=[{"quality": "720p", "progress": 44}]))
    again = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))

    message = await again.receive_json_from(timeout=10)
    assert (message["type"], message["renditions"][0]["progress"]) == ("snapshot", 44)
    await again.disconnect()


async def test_all_of_mine_come_on_one_socket(browser: Browser, video: Video, alice: User) -> None:
    other = await in_database(lambda: uploaded_video(alice, name="second.mp4"))
    socket = await opened(await browser("/ws/videos/", user=alice))

    ids = [(await socket.receive_json_from(timeout=10))["videoId"] for _ in range(2)]
    assert ids == [str(other.pk), str(video.pk)]
    await socket.disconnect()


async def test_a_video_made_later_is_told_to_the_socket_of_all_of_mine(browser: Browser, alice: User) -> None:
    socket = await opened(await browser("/ws/videos/", user=alice))
    video = await in_database(lambda: uploaded_video(alice))

    assert (await heard(socket, kind="snapshot"))["videoId"] == str(video.pk)
    await socket.disconnect()


async def test_the_socket_of_all_of_mine_needs_an_account(browser: Browser) -> None:
    socket = await opened(await browser("/ws/videos/"))

    assert await closed(socket) == 4401


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


async def test_a_deleted_video_is_told(browser: Browser, video: Video, alice: User) -> None:
    socket = await opened(await browser(f"/ws/videos/{video.pk}/", user=alice))
    await in_database(lambda: video_delete(video=video, by="alice"))

    assert await heard(socket, kind="deleted") == {"type": "deleted", "videoId": str(video.pk)}
    await socket.disconnect()


async def test_a_waiting_video_hears_of_its_new_place(browser: Browser, video: Video, alice: User, bob: User) -> None:
    second = await in_database(lambda: uploaded_video(bob))
    socket = await opened(await browser(f"/ws/videos/{second.pk}/", user=bob))
    before = await heard(socket, kind="snapshot")
    await in_database(lambda: job_cancel(job_id=video.jobs.get().pk, by="alice"))
    after = await heard(socket, kind="status")

    assert (before["position"], after["position"]) == (2, 1)
    assert after["version"] >= before["version"]
    await socket.disconnect()


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
