"""Who may use which door: signed out, without the CSRF token, and as somebody else."""

from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import start_upload, uploaded_video

NOT_FOUND = {"code": "not-found", "message": "There is nothing here, or it is not yours."}

UPLOAD_DOORS: list[tuple[str, str, Any]] = [
    ("GET", "/api/uploads/{}", None),
    ("POST", "/api/uploads/{}/parts", {"parts": [1]}),
    ("POST", "/api/uploads/{}/complete", None),
    ("DELETE", "/api/uploads/{}", None),
]
VIDEO_DOORS: list[tuple[str, str, Any]] = [
    ("GET", "/api/videos/{}", None),
    ("PATCH", "/api/videos/{}", {"title": "mine now"}),
    ("DELETE", "/api/videos/{}", None),
]
LISTS: list[tuple[str, str, Any]] = [
    ("GET", "/api/uploads", None),
    ("POST", "/api/uploads", {"name": "film.mp4", "size": 4}),
    ("GET", "/api/videos", None),
]


def knock(client: Client, method: str, path: str, body: Any) -> tuple[int, Any]:
    """Use a door and return the status and the JSON of its answer."""
    sent = {"data": body, "content_type": "application/json"} if body is not None else {}
    answer: Any = getattr(client, method.lower())(path, **sent)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(("method", "path", "body"), UPLOAD_DOORS + VIDEO_DOORS)
def test_an_upload_of_hers_answers_him_exactly_as_one_that_does_not_exist(
    alices: Client, bobs: Client, method: str, path: str, body: Any
) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    hers = knock(bobs, method, path.format(video_id), body)
    assert hers == knock(bobs, method, path.format(uuid4()), body) == (404, NOT_FOUND)
    assert alices.get(f"/api/uploads/{video_id}").status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), UPLOAD_DOORS + VIDEO_DOORS)
def test_a_video_of_hers_answers_him_exactly_as_one_that_does_not_exist(
    alice: User, bobs: Client, method: str, path: str, body: Any
) -> None:
    video = uploaded_video(alice)
    hers = knock(bobs, method, path.format(video.pk), body)
    assert hers == knock(bobs, method, path.format(uuid4()), body) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_a_public_video_is_not_his_to_change(alices: Client, alice: User, bobs: Client, method: str) -> None:
    video = uploaded_video(alice)
    alices.patch(f"/api/videos/{video.pk}", {"visibility": "public"}, content_type="application/json")
    assert bobs.get(f"/api/videos/{video.pk}").json()["mine"] is False
    assert knock(bobs, method, f"/api/videos/{video.pk}", {}) == (404, NOT_FOUND)


@pytest.mark.parametrize(("method", "path", "body"), UPLOAD_DOORS + VIDEO_DOORS[1:] + LISTS)
def test_a_call_without_a_session_is_asked_to_sign_in(
    client: Client, alice: User, method: str, path: str, body: Any
) -> None:
    video = uploaded_video(alice)
    status, answer = knock(client, method, path.format(video.pk), body)
    assert (status, answer) == (401, {"code": "not-signed-in", "message": "Sign in first, then try again."})


def test_a_private_video_answers_a_stranger_as_one_that_does_not_exist(client: Client, alice: User) -> None:
    video = uploaded_video(alice)
    assert knock(client, "GET", f"/api/videos/{video.pk}", None) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "path", "body"), [door for door in UPLOAD_DOORS + VIDEO_DOORS + LISTS if door[0] != "GET"]
)
def test_a_writing_call_without_the_csrf_token_is_refused_in_json(
    alice: User, method: str, path: str, body: Any
) -> None:
    video = uploaded_video(alice)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    status, answer = knock(browser, method, path.format(video.pk), body)
    assert status == 403
    assert answer == {
        "code": "csrf",
        "message": "The site could not tell that this call came from its own page. Load the page again.",
    }


def test_a_writing_call_with_the_csrf_token_is_taken(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    browser.get("/upload/")
    token = browser.cookies["csrftoken"].value
    body = {"name": "film.mp4", "size": 4}
    answer = browser.post("/api/uploads", body, content_type="application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_the_upload_page_sends_a_stranger_to_sign_in(client: Client, db: None) -> None:
    answer = client.get("/upload/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/?next=/upload/")


def test_the_upload_page_carries_my_unfinished_uploads_escaped(alices: Client) -> None:
    start_upload(alices, name="</script><script>alert(1)</script>.mp4")
    page = alices.get("/upload/").content.decode()
    assert "alert(1)" in page
    assert "<script>alert(1)" not in page
