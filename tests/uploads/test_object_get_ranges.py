"""GET and HEAD of an object: ranges, caching, content types."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.uploads.browsing import Answer, fetch, local_store
from uploads.store_views import CHUNK_BYTES
from uploads.stores import get_store

CONTENT = b"0123456789"
SEGMENT = "renditions/a/seg_00001.m4s"


def stored(key: str = SEGMENT, content: bytes = CONTENT) -> str:
    """Put an object into the store and return a URL to read it."""
    path = local_store().object_path(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return get_store().sign_get(key, starts_at=timezone.now(), expires_at=timezone.now() + timedelta(minutes=1))


def seen(answer: Answer) -> tuple[int, bytes, str | None]:
    return answer.status_code, answer.body, answer.headers.get("Content-Range")


def test_the_whole_object_is_sent_when_no_range_is_asked_for() -> None:
    answer = fetch(stored())
    assert seen(answer) == (200, CONTENT, None)
    assert answer.headers["Content-Length"] == "10"
    assert answer.headers["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "body", "told"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=7-100", b"789", "bytes 7-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-100", CONTENT, "bytes 0-9/10"),
        ("bytes=0-", CONTENT, "bytes 0-9/10"),
    ],
)
def test_a_range_is_sent_as_partial_content(asked: str, body: bytes, told: str) -> None:
    answer = fetch(stored(), Range=asked)
    assert seen(answer) == (206, body, told)
    assert answer.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99-"])
def test_a_range_past_the_end_cannot_be_met(asked: str) -> None:
    assert seen(fetch(stored(), Range=asked)) == (416, b"", "bytes */10")


@pytest.mark.parametrize(
    "asked", ["items=0-1", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=0-1,4-5", "bytes=" + "9" * 5000 + "-"]
)
def test_a_range_it_does_not_understand_is_as_none(asked: str) -> None:
    assert seen(fetch(stored(), Range=asked)) == (200, CONTENT, None)


def test_an_object_larger_than_one_chunk_comes_whole() -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 100)
    assert fetch(stored(content=content)).body == content


def test_a_range_over_the_border_of_chunks_comes_whole() -> None:
    content = bytes(range(256)) * (CHUNK_BYTES // 100)
    first, last = CHUNK_BYTES - 5, 2 * CHUNK_BYTES + 5
    assert fetch(stored(content=content), Range=f"bytes={first}-{last}").body == content[first : last + 1]


def test_head_tells_what_get_would_without_the_bytes() -> None:
    url = stored()
    got, head = fetch(url), fetch(url, method="HEAD")
    assert (head.status_code, head.body) == (200, b"")
    assert {**head.headers} == {**got.headers}


def test_an_empty_object_is_sent_empty() -> None:
    assert seen(fetch(stored(content=b""))) == (200, b"", None)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_the_browser_has_already_is_not_sent_again(form: str) -> None:
    url = stored()
    etag = fetch(url).headers["ETag"]
    again = fetch(url, **{"If-None-Match": form.format(etag)})
    assert (again.status_code, again.body, again.headers["ETag"]) == (304, b"", etag)


def test_another_etag_gets_the_object() -> None:
    assert fetch(stored(), **{"If-None-Match": '"other"'}).status_code == 200


def test_a_range_of_another_version_gets_the_whole_object() -> None:
    url = stored()
    etag = fetch(url).headers["ETag"]
    assert fetch(url, **{"Range": "bytes=0-1", "If-Range": etag}).status_code == 206
    assert seen(fetch(url, **{"Range": "bytes=0-1", "If-Range": '"other"'})) == (200, CONTENT, None)


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("renditions/a/seg_00001.m4s", "video/iso.segment"),
        ("renditions/a/init.mp4", "video/mp4"),
        ("renditions/a/poster.jpg", "image/jpeg"),
        ("renditions/a/storyboard.vtt", "text/vtt"),
    ],
)
def test_what_we_made_has_its_own_type_and_is_shown_in_place(key: str, content_type: str) -> None:
    answer = fetch(stored(key))
    assert answer.headers["Content-Type"] == content_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize("key", ["sources/a/source", "renditions/a/page.html", "renditions/a/drawing.svg"])
def test_anything_else_is_only_a_download(key: str) -> None:
    answer = fetch(stored(key, b"<script>alert(1)</script>"))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_object_that_is_not_there_is_not_found() -> None:
    url = stored()
    local_store().delete_prefix("renditions/a/")
    answer = fetch(url)
    assert answer.status_code == 404
    assert answer.json() == {"code": "not-found", "message": "There is nothing here."}


def test_only_the_browser_itself_may_keep_an_object() -> None:
    assert fetch(stored()).headers["Cache-Control"] == "private, max-age=21600, immutable"
