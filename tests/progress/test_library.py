"""The library page and the videos API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding.models import Job
from transcoding.reports import report_record
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")


def playable(owner: User, name: str) -> Video:
    """Return a video that has a poster and the first segments."""
    attempt = running(uploaded_video(owner, name=name))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    first = [segments(quality, range(1)) for quality in ("720p", "240p", "audio")]
    report = report_of(attempt, renditions=first, poster={"width": 1280, "height": 720})
    report_record(job_id=attempt.job_id, attempt_number=1, report=report)
    return attempt.job.video


def queries_of(ask: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        ask()
    return len(queries)


@pytest.mark.parametrize("path", ["/", "/api/videos", "/api/videos?limit=100"])
def test_a_page_costs_the_same_for_one_video_and_for_many(alices: Client, alice: User, path: str) -> None:
    playable(alice, "0.mp4")
    uploaded_video(alice, name="waiting.mp4")
    few = queries_of(lambda: alices.get(path))
    for n in range(1, 8):
        playable(alice, f"{n}.mp4")
        uploaded_video(alice, name=f"waiting{n}.mp4")

    assert queries_of(lambda: alices.get(path)) == few
    assert few < 15


def test_the_library_needs_an_account(client: Client, db: None) -> None:
    answer = client.get("/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_library_shows_mine_and_no_one_elses(alices: Client, alice: User, bob: User) -> None:
    uploaded_video(alice, name="hers.mp4")
    uploaded_video(bob, name="his.mp4")
    page = alices.get("/").content.decode()

    assert "hers" in page
    assert "his.mp4" not in page


def test_the_api_lists_mine_newest_first(alices: Client, alice: User, bob: User) -> None:
    uploaded_video(bob, name="his.mp4")
    for name in ("first.mp4", "second.mp4"):
        uploaded_video(alice, name=name)
    answer = alices.get("/api/videos").json()

    assert answer["count"] == 2
    assert [video["title"] for video in answer["items"]] == ["second", "first"]


@pytest.mark.parametrize(("query", "titles"), [("limit=1", ["b"]), ("limit=1&offset=1", ["a"]), ("offset=5", [])])
def test_the_api_lists_a_page(alices: Client, alice: User, query: str, titles: list[str]) -> None:
    for name in ("a.mp4", "b.mp4"):
        uploaded_video(alice, name=name)

    assert [video["title"] for video in alices.get(f"/api/videos?{query}").json()["items"]] == titles


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "limit=x"])
def test_a_page_out_of_bounds_is_refused(alices: Client, query: str) -> None:
    assert alices.get(f"/api/videos?{query}").status_code == 422


def test_a_video_is_its_facts_and_its_snapshot(alices: Client, alice: User) -> None:
    video = playable(alice, "film.mp4")
    answer = alices.get(f"/api/videos/{video.pk}").json()

    assert (answer["title"], answer["visibility"], answer["size"], answer["mine"]) == ("film", "private", 5, True)
    assert answer["watchUrl"] == f"/videos/{video.pk}/"
    assert answer["posterUrl"] == f"/videos/{video.pk}/poster.jpg"
    assert answer["snapshot"]["playable"] is True


def test_there_is_no_poster_address_before_there_is_a_poster(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)

    assert alices.get(f"/api/videos/{video.pk}").json()["posterUrl"] is None


def test_a_private_video_is_answered_like_one_that_does_not_exist(bobs: Client, alice: User) -> None:
    answers = [bobs.get(f"/api/videos/{video_id}") for video_id in (uploaded_video(alice).pk, uuid4())]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_stranger_sees_a_public_video_and_that_it_is_not_theirs(client: Client, alice: User) -> None:
    video = uploaded_video(alice)
    Video.objects.update(visibility="public")

    assert client.get(f"/api/videos/{video.pk}").json()["mine"] is False


def change(browser: Client, video: Video, **facts: object) -> Any:
    return browser.patch(f"/api/videos/{video.pk}", facts, content_type="application/json")


def test_the_owner_changes_title_and_visibility(alices: Client, alice: User) -> None:
    answer = change(alices, uploaded_video(alice), title="  My\tfilm ", visibility="public").json()

    assert (answer["title"], answer["visibility"]) == ("My film", "public")


@pytest.mark.parametrize("facts", [{"title": " "}, {"title": "x" * 1001}, {"visibility": "secret"}])
def test_a_change_that_makes_no_sense_is_refused(alices: Client, alice: User, facts: dict[str, str]) -> None:
    assert change(alices, uploaded_video(alice), **facts).status_code == 422


@pytest.mark.parametrize("visibility", ["private", "public"])
def test_who_is_not_the_owner_changes_and_deletes_nothing(bobs: Client, alice: User, visibility: str) -> None:
    video = uploaded_video(alice)
    Video.objects.update(visibility=visibility)

    assert change(bobs, video, title="mine").status_code == 404
    assert bobs.delete(f"/api/videos/{video.pk}").status_code == 404


def test_the_owner_deletes_a_video_while_it_is_transcoded(alices: Client, alice: User) -> None:
    attempt = running(uploaded_video(alice))

    assert alices.delete(f"/api/videos/{attempt.job.video_id}").status_code == 204
    assert Job.objects.get(pk=attempt.job_id).status == "CANCELLED"
    assert alices.get("/api/videos").json()["count"] == 0


def test_a_foreign_page_cannot_delete(alice: User) -> None:
    video = uploaded_video(alice)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)

    assert browser.delete(f"/api/videos/{video.pk}").status_code == 403
    assert Video.objects.present().exists()
