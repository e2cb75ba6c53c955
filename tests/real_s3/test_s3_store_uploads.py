"""S3Store's uploads on the real server: opened, listed, completed, aborted."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import MIB, PART, VIDEO, Sending, in_an_hour, lengths_of, open_upload, put
from uploads.keys import source_key
from uploads.stores.base import StoredPart, StoreError
from uploads.stores.s3 import S3Store

THREE_PARTS = b"a" * PART + b"b" * PART + b"tail"


def part(number: int) -> bytes:
    return THREE_PARTS[(number - 1) * PART : number * PART]


def send(web: httpx.Client, sending: Sending, *numbers: int) -> None:
    for number in numbers:
        assert put(web, sending.puts[number], part(number)).status_code == 200


def test_three_parts_become_the_object_byte_for_byte(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 3, 1, 2)
    sending.complete()
    assert bucket.content(sending.key) == THREE_PARTS
    assert bucket.s3.head_object(Bucket=bucket.name, Key=sending.key)["ContentType"] == VIDEO


def test_head_tells_what_came_of_completing(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2, 3)
    assert store.head(sending.key) is None
    sending.complete()
    found, told = store.head(sending.key), bucket.s3.head_object(Bucket=bucket.name, Key=sending.key)
    assert found
    assert (found.size_bytes, found.etag) == (len(THREE_PARTS), told["ETag"].strip('"'))
    assert found.etag.endswith("-3")


def test_completing_twice_leaves_the_object_as_it_is(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2, 3)
    parts = store.list_parts(sending.key, sending.upload_id)
    store.complete_upload(sending.key, sending.upload_id, parts)
    first = store.head(sending.key)
    store.complete_upload(sending.key, sending.upload_id, parts)
    assert store.head(sending.key) == first
    assert bucket.content(sending.key) == THREE_PARTS


def test_completing_with_a_part_that_is_not_there_makes_nothing(store: S3Store, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2)
    held = store.list_parts(sending.key, sending.upload_id)
    with pytest.raises(StoreError):
        store.complete_upload(
            sending.key, sending.upload_id, [*held, StoredPart(number=3, size_bytes=4, etag="0" * 32)]
        )
    assert store.head(sending.key) is None


def test_an_upload_goes_on_after_completing_failed(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2)
    held = store.list_parts(sending.key, sending.upload_id)
    with pytest.raises(StoreError):
        store.complete_upload(
            sending.key, sending.upload_id, [*held, StoredPart(number=3, size_bytes=4, etag="0" * 32)]
        )
    send(web, sending, 3)
    sending.complete()
    assert bucket.content(sending.key) == THREE_PARTS


def test_parts_are_listed_by_number_with_size_and_etag(store: S3Store, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    etags = {number: put(web, sending.puts[number], part(number)).headers["ETag"].strip('"') for number in (3, 1)}
    assert store.list_parts(sending.key, sending.upload_id) == [
        StoredPart(number=1, size_bytes=PART, etag=etags[1]),
        StoredPart(number=3, size_bytes=4, etag=etags[3]),
    ]


def test_a_part_that_is_sent_again_replaces_the_first(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    put(web, sending.puts[3], b"lead")
    send(web, sending, 1, 2, 3)
    assert [found.number for found in store.list_parts(sending.key, sending.upload_id)] == [1, 2, 3]
    sending.complete()
    assert bucket.content(sending.key) == THREE_PARTS


@pytest.mark.parametrize("page", [1, 3, 7, 1000])
def test_parts_are_listed_to_the_last_page(store: S3Store, web: httpx.Client, page: int) -> None:
    store.list_page = page
    key = source_key(uuid4())
    upload_id = store.create_upload(key, content_type=VIDEO, size_bytes=7, part_size_bytes=1)
    ones = dict.fromkeys(range(1, 8), 1)
    for signed in store.sign_parts(key, upload_id, ones, content_type=VIDEO, expires_at=in_an_hour()).values():
        put(web, signed, b"p")
    assert [found.number for found in store.list_parts(key, upload_id)] == [1, 2, 3, 4, 5, 6, 7]


def test_an_upload_that_nobody_opened_has_no_parts(store: S3Store) -> None:
    assert store.list_parts(source_key(uuid4()), "2~no-such-upload") == []


def test_aborting_frees_the_parts(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 3)
    store.abort_upload(sending.key, sending.upload_id)
    assert store.list_parts(sending.key, sending.upload_id) == []
    assert bucket.open_uploads() == []


def test_nothing_arrives_after_aborting(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    store.abort_upload(sending.key, sending.upload_id)
    assert put(web, sending.puts[3], part(3)).status_code == 404
    assert bucket.open_uploads() == []


def test_aborting_twice_is_fine(store: S3Store) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    store.abort_upload(sending.key, sending.upload_id)
    store.abort_upload(sending.key, sending.upload_id)


def test_aborting_what_was_completed_keeps_the_object(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2, 3)
    sending.complete()
    store.abort_upload(sending.key, sending.upload_id)
    assert bucket.content(sending.key) == THREE_PARTS


def test_completing_what_was_aborted_is_an_error(store: S3Store, web: httpx.Client) -> None:
    sending = open_upload(store, len(THREE_PARTS))
    send(web, sending, 1, 2, 3)
    parts = store.list_parts(sending.key, sending.upload_id)
    store.abort_upload(sending.key, sending.upload_id)
    with pytest.raises(StoreError):
        store.complete_upload(sending.key, sending.upload_id, parts)
    assert store.head(sending.key) is None


@pytest.mark.parametrize("size", [1, PART], ids=["a byte", "just one part"])
def test_a_file_of_one_part_is_one_put_and_opens_nothing(
    store: S3Store, bucket: Bucket, web: httpx.Client, size: int
) -> None:
    sending = open_upload(store, size)
    assert store.list_parts(sending.key, sending.upload_id) == []
    put(web, sending.puts[1], b"s" * size)
    (held,) = store.list_parts(sending.key, sending.upload_id)
    assert (held.number, held.size_bytes) == (1, size)
    assert bucket.open_uploads() == []
    assert bucket.content(sending.key) == b"s" * size


def test_completing_a_single_put_that_never_came_is_an_error(store: S3Store) -> None:
    sending = open_upload(store, 10)
    with pytest.raises(StoreError):
        store.complete_upload(sending.key, sending.upload_id, [])


@pytest.mark.parametrize("size", [10, PART + 10], ids=["single", "multipart"])
def test_a_file_whose_type_the_browser_does_not_know_arrives(
    store: S3Store, bucket: Bucket, web: httpx.Client, size: int
) -> None:
    sending = open_upload(store, size, content_type="")
    for number, length in lengths_of(size).items():
        assert put(web, sending.puts[number], b"x" * length).status_code == 200
    sending.complete()
    assert bucket.s3.head_object(Bucket=bucket.name, Key=sending.key)["ContentType"] == "application/octet-stream"


def test_open_uploads_are_those_of_sources_to_the_last_page(store: S3Store, bucket: Bucket) -> None:
    store.list_page = 2
    ours = {(sending.key, sending.upload_id) for sending in (open_upload(store, 2 * MIB + PART) for _ in range(5))}
    twice = open_upload(store, 2 * PART, key=next(iter(ours))[0])
    bucket.s3.create_multipart_upload(Bucket=bucket.name, Key="renditions/a/seg.m4s")
    found = [*store.open_uploads()]
    assert {(upload.key, upload.upload_id) for upload in found} == {*ours, (twice.key, twice.upload_id)}
    assert len(found) == 6
    assert all(abs(upload.started_at - timezone.now()) < timedelta(minutes=1) for upload in found)
