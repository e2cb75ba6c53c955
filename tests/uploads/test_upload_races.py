"""Two browsers, or two tabs, at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import put, start_upload
from tests.uploads.browsing import Answer, local_store
from uploads.models import Upload, UploadStatus, Video
from uploads.signals import upload_completed

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(call: Callable[[], Answer], times: int) -> list[Answer]:
    """Run a call in several threads that set off together, each with a database connection of its own."""
    together = Barrier(times)

    def run() -> Answer:
        together.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _ in range(times)]]


def browser_of(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_starting_the_same_file_in_many_tabs_at_once_opens_one_upload(alice: User) -> None:
    browsers = [browser_of(alice) for _ in range(6)]
    answers = at_once(lambda: start_upload(browsers.pop()), 6)
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert len({answer.json()["videoId"] for answer in answers}) == 1
    assert [answer.status_code for answer in answers].count(201) == 1


def test_starting_the_same_file_in_many_tabs_leaves_no_upload_behind_in_the_store(alice: User) -> None:
    browsers = [browser_of(alice) for _ in range(6)]
    at_once(lambda: start_upload(browsers.pop()), 6)
    assert Upload.objects.count() == Video.objects.count() == 1
    assert len(list(local_store().uploads.iterdir())) == 1


def test_many_starts_at_once_do_not_get_past_the_limit_of_unfinished_uploads(alice: User, settings: Settings) -> None:
    settings.MAX_UNFINISHED_UPLOADS = 2
    browsers = [(browser_of(alice), n) for n in range(6)]

    def start() -> Answer:
        browser, number = browsers.pop()
        return start_upload(browser, name=f"{number}.mp4")

    answers = at_once(start, 6)
    assert sorted(answer.status_code for answer in answers) == [201, 201, 429, 429, 429, 429]


@pytest.mark.usefixtures("redis")
def test_completing_twice_at_once_gives_one_video_and_says_so_once(alice: User) -> None:
    browsers = [browser_of(alice) for _ in range(4)]
    started = start_upload(browsers[0], size=4).json()
    address = f"/api/uploads/{started['videoId']}"
    signed = browsers[0].post(f"{address}/parts", {"parts": [1]}, content_type="application/json").json()
    put(browsers[0], signed["items"][0]["url"], b"film")
    heard: list[Video] = []

    def hear(*, video: Video, **_: object) -> None:
        heard.append(video)

    upload_completed.connect(hear)
    try:
        answers = at_once(lambda: browsers.pop().post(f"{address}/complete"), 4)
    finally:
        upload_completed.disconnect(hear)
    assert [answer.status_code for answer in answers] == [200] * 4
    assert {answer.json()["status"] for answer in answers} == {UploadStatus.UPLOADED}
    assert len(heard) == 1
