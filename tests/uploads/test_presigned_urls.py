"""A presigned URL is good for one method, key, upload, part, length and time, and for nothing else."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import put, start_upload
from tests.uploads.browsing import begin, changed, complete, fetch, local_store, part_url
from uploads import keys
from uploads.store_views import store_object
from uploads.stores import get_store

REFUSED = {"code": "store.refused", "message": "This link is not valid, or no longer. Ask for a new one."}


def url_of(key: str, *, seconds: float = 60) -> str:
    return get_store().sign_get(key, starts_at=timezone.now(), expires_at=timezone.now() + timedelta(seconds=seconds))


def stored(key: str, content: bytes = b"0123456789") -> str:
    """Put an object into the store and return a URL to read it."""
    path = local_store().object_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return url_of(key)


@pytest.mark.parametrize(
    "change",
    [{"length": "5"}, {"part": "2"}, {"expires": "99999999999"}, {"upload": "0" * 32}, {"signature": "0" * 64},
     {"signature": ""}, {"signature": None}, {"length": None}, {"expires": None}, {"more": "1"}, {"signature": "é"}],
    ids=str,
)  # fmt: skip
def test_a_part_url_with_anything_changed_is_refused(alices: Client, change: dict[str, str | None]) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    answer = put(alices, changed(part_url(alices, video_id), **change), b"film")
    assert (answer.status_code, answer.json()) == (403, REFUSED)
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == []


def test_a_part_url_for_another_key_is_refused(alices: Client) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    other = start_upload(alices, name="other.mp4", size=4).json()["videoId"]
    url = part_url(alices, video_id).replace(video_id, other)
    assert put(alices, url, b"film").status_code == 403


def test_a_part_url_is_no_permission_to_read(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    url = part_url(alices, video_id)
    complete(alices, video_id)
    assert fetch(url).status_code == 403


def test_a_url_to_read_is_no_permission_to_write(client: Client) -> None:
    url = stored("renditions/a/seg.m4s")
    assert put(client, url, b"evil").status_code == 403


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_not_allowed(client: Client, method: str) -> None:
    assert client.generic(method, stored("renditions/a/seg.m4s")).status_code == 405


def test_a_part_url_needs_no_session(alices: Client) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    assert put(Client(enforce_csrf_checks=True), part_url(alices, video_id), b"film").status_code == 200


def test_a_part_url_expires(alices: Client, settings: Settings) -> None:
    settings.PART_URL_SECONDS = -2
    video_id = start_upload(alices, size=4).json()["videoId"]
    answer = put(alices, part_url(alices, video_id), b"film")
    assert (answer.status_code, answer.json()) == (403, REFUSED)


@pytest.mark.parametrize("body", [b"", b"fil", b"films"])
def test_a_body_of_another_length_is_refused(alices: Client, body: bytes) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    answer = put(alices, part_url(alices, video_id), body)
    if body:
        assert answer.status_code == 400
        assert answer.json()["message"] == f"This part is 4 bytes, not {len(body)}."
    else:
        assert answer.status_code in {400, 411}
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == []


def test_a_body_without_a_length_is_refused(alices: Client, rf: RequestFactory) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    url = part_url(alices, video_id).removeprefix("http://testserver")
    request: Any = rf.put(url, b"film")
    del request.META["CONTENT_LENGTH"]
    assert store_object(request, f"sources/{video_id}/source").status_code == 411


def test_urls_made_before_the_secret_key_was_changed_stay_good(alices: Client, settings: Settings) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    url = part_url(alices, video_id)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert put(Client(), url, b"film").status_code == 200


def test_urls_made_with_a_secret_key_that_was_given_up_are_refused(alices: Client, settings: Settings) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    url = part_url(alices, video_id)
    settings.SECRET_KEY = "a new one"
    assert put(Client(), url, b"film").status_code == 403


def test_a_url_to_read_expires(db: None) -> None:
    stored("renditions/a/seg.m4s")
    assert fetch(url_of("renditions/a/seg.m4s", seconds=-2)).status_code == 403


def test_the_same_arguments_give_the_same_url_so_that_browsers_can_cache() -> None:
    moment = timezone.now()
    first, second = (
        get_store().sign_get("renditions/a/seg.m4s", starts_at=moment, expires_at=moment) for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize(
    "path",
    ["/store/../db.sqlite3", "/store/%2e%2e/db.sqlite3", "/store/sources/..%2f..%2fdb.sqlite3", "/store//etc/passwd",
     "/store/sources/%00", "/store/sources/a%0ab", "/store/renditions/a/%2e%2e/b"],
)  # fmt: skip
def test_a_key_with_a_way_out_is_refused_with_a_signature_for_another(path: str) -> None:
    query = stored("renditions/a/seg.m4s").partition("?")[2]
    assert fetch(f"{path}?{query}").status_code in {403, 404}


@pytest.mark.parametrize(
    "key",
    ["..", "../x", "sources/../x", "sources/./x", "/etc/passwd", "sources//x", "sources/", "sources", "", "a/b\n",
     "sources/x\0", "sources/.hidden", "sources/a..b", "sources/a b", "sources\\x", "sources/é", "sources/%2e%2e/x"],
)  # fmt: skip
def test_the_store_knows_no_key_but_those_this_site_makes(key: str) -> None:
    assert not keys.is_safe(key)
    assert fetch(url_of(key)).status_code in {403, 404}
