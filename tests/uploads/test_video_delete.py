"""DELETE and PATCH /api/videos/<videoId>, as far as files and rows go."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import uploaded_video
from tests.uploads.browsing import begin, complete, fetch, local_store, part_url
from uploads.arrivals import Outcome, object_created
from uploads.models import NoticedBy, Upload, Video
from uploads.services import video_delete


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_every_file_of_a_deleted_video_is_gone_at_once(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)
    made = local_store().object_path(f"renditions/{video.pk}/job/1/poster.jpg")
    made.parent.mkdir(parents=True)
    made.write_bytes(b"x")
    assert alices.delete(f"/api/videos/{video.pk}").status_code == 204
    assert not made.exists()
    assert local_store().head(video.source_key) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_deleting_a_video_that_is_still_uploading_frees_its_parts(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    assert alices.delete(f"/api/videos/{video_id}").status_code == 204
    assert [*local_store().uploads.iterdir()] == []
    assert not Upload.objects.exists()


def test_a_deleted_video_is_nowhere_to_be_found(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)
    alices.delete(f"/api/videos/{video.pk}")
    assert alices.get(f"/api/videos/{video.pk}").status_code == 404
    assert alices.delete(f"/api/videos/{video.pk}").status_code == 404
    assert alices.get("/api/videos").json() == {"items": [], "count": 0}


def test_an_upload_of_a_deleted_video_cannot_be_completed(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    alices.delete(f"/api/videos/{video_id}")
    assert complete(alices, video_id).status_code == 404
    assert alices.get(f"/api/uploads/{video_id}").status_code == 404


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_part_for_a_deleted_video_is_refused(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[])
    url = part_url(alices, video_id)
    alices.delete(f"/api/videos/{video_id}")
    answer = alices.put(url, b"film", content_type="application/octet-stream")
    assert answer.status_code == 404


def test_a_source_announced_after_its_video_was_deleted_is_ignored(alice: User) -> None:
    video = uploaded_video(alice)
    Video.objects.filter(pk=video.pk).update(deleted_at=timezone.now())
    assert object_created(source_key=video.source_key, noticed_by=NoticedBy.EVENT) == Outcome.UNKNOWN


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("redis")
def test_a_link_to_a_deleted_object_finds_nothing(alice: User) -> None:
    video = uploaded_video(alice)
    url = local_store().sign_get(
        video.source_key, starts_at=timezone.now(), expires_at=timezone.now() + timedelta(minutes=1)
    )
    video_delete(video=video)
    assert fetch(url).status_code == 404


@pytest.mark.parametrize("title", ["", "   ", "\u202e", "\0"])
def test_a_title_nobody_could_see_is_refused(alices: Client, alice: User, title: str) -> None:
    video = uploaded_video(alice)
    answer = alices.patch(f"/api/videos/{video.pk}", {"title": title}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "video.no-title")


def test_a_title_is_kept_on_one_line_and_within_its_length(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)
    body = {"title": "one\ntwo\0 \u202e" + "x" * 300}
    answer = alices.patch(f"/api/videos/{video.pk}", body, content_type="application/json")
    assert answer.json()["title"] == ("one two " + "x" * 300)[:200]


def test_an_empty_change_changes_nothing(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)
    answer = alices.patch(f"/api/videos/{video.pk}", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["title"]) == (200, "film")


def test_an_unknown_visibility_is_refused(alices: Client, alice: User) -> None:
    video = uploaded_video(alice)
    answer = alices.patch(f"/api/videos/{video.pk}", {"visibility": "secret"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
