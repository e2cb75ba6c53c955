"""S3Store's objects on the real server: described, read, tagged, deleted."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import VIDEO, in_an_hour
from uploads.keys import source_key
from uploads.stores.base import NoSuchUpload, StoreError
from uploads.stores.s3 import S3Store


def test_an_object_that_is_not_there_is_none(store: S3Store) -> None:
    assert store.head(source_key(uuid4())) is None


def test_everything_under_a_prefix_is_deleted_to_the_last_page(store: S3Store, bucket: Bucket) -> None:
    store.list_page = 2
    for number in range(5):
        bucket.put(f"renditions/a/seg_{number:05}.m4s", b"segment")
    bucket.put("renditions/ab/seg_00000.m4s", b"another video's")
    store.delete_prefix("renditions/a/")
    assert bucket.keys() == ["renditions/ab/seg_00000.m4s"]


def test_deleting_under_a_prefix_with_nothing_in_it_is_fine(store: S3Store) -> None:
    store.delete_prefix("renditions/nothing/")


def test_what_is_no_prefix_is_not_deleted(store: S3Store, bucket: Bucket) -> None:
    bucket.put("renditions/ab/seg_00000.m4s", b"segment")
    with pytest.raises(ValueError, match="not a prefix"):
        store.delete_prefix("renditions/a")
    assert bucket.keys() == ["renditions/ab/seg_00000.m4s"]


def test_a_signed_address_is_read_by_anybody_and_in_ranges(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    bucket.put("renditions/a/seg.m4s", b"0123456789")
    url = store.sign_get("renditions/a/seg.m4s", starts_at=timezone.now(), expires_at=in_an_hour())
    assert web.get(url).content == b"0123456789"
    some = web.get(url, headers={"Range": "bytes=2-4"})
    assert (some.status_code, some.content) == (206, b"234")


def test_a_signed_address_to_read_ends(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    bucket.put("renditions/a/seg.m4s", b"segment")
    now = timezone.now()
    url = store.sign_get(
        "renditions/a/seg.m4s", starts_at=now - timedelta(hours=2), expires_at=now - timedelta(hours=1)
    )
    assert web.get(url).status_code == 403


@pytest.mark.parametrize("name", ["film.mp4", 'Über "alles" & (mehr), 100 %; ein Film.mp4', "映画.mkv"])
def test_a_download_has_the_name_that_its_owner_gave_it(
    store: S3Store, bucket: Bucket, web: httpx.Client, name: str
) -> None:
    key = source_key(uuid4())
    bucket.put(key, b"film")
    url = store.sign_get(key, starts_at=timezone.now(), expires_at=in_an_hour(), download_name=name)
    answer = web.get(url)
    assert answer.status_code == 200
    kind, _, encoded = answer.headers["Content-Disposition"].partition("; filename*=UTF-8''")
    assert (kind, httpx.URL(f"http://x/?name={encoded}").params["name"]) == ("attachment", name)


def test_a_rejected_source_is_tagged_until_it_is_reconsidered(store: S3Store, bucket: Bucket) -> None:
    key = source_key(uuid4())
    bucket.put(key, b"not a film")
    store.mark_rejected(key, rejected=True)
    assert bucket.s3.get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"] == [
        {"Key": "vidsite", "Value": "rejected"}
    ]
    store.mark_rejected(key, rejected=False)
    assert bucket.s3.get_object_tagging(Bucket=bucket.name, Key=key)["TagSet"] == []


def test_marking_a_source_that_is_gone_is_fine(store: S3Store) -> None:
    store.mark_rejected(source_key(uuid4()), rejected=True)
    store.mark_rejected(source_key(uuid4()), rejected=False)


def test_a_bucket_that_is_not_there_is_an_error_and_not_an_empty_one(store: S3Store) -> None:
    elsewhere = S3Store("no-such-bucket-here")
    for ask in (
        lambda: elsewhere.create_upload(source_key(uuid4()), content_type=VIDEO, size_bytes=9, part_size_bytes=1),
        lambda: elsewhere.delete_prefix("renditions/a/"),
        lambda: [*elsewhere.open_uploads()],
    ):
        with pytest.raises(StoreError) as refused:
            ask()
        assert not isinstance(refused.value, NoSuchUpload)
