"""The live socket: the snapshot first, then every change."""

from functools import partial

import pytest
from django.contrib.auth.models import User

from progress.services import video_delete
from tests.factories import segments, uploaded_video
from tests.progress.conftest import Browser, closed, heard, in_database
from tests.progress.watching import opened, report, start
from transcoding.services import job_cancel
from uploads.models import Video

pytestmark = [pytest.mark.asyncio, pytest.mark.timeout(60)]


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
