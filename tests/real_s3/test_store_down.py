"""The server does not answer for a while: the site says so, and nothing is lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import start_upload
from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import PART, VIDEO, in_an_hour, open_upload, put
from tests.uploads.browsing import complete, sign
from transcoding.models import Job
from uploads.keys import source_key
from uploads.models import UploadStatus, Video
from uploads.stores.base import NoSuchUpload, SignedPut, StoreError
from uploads.stores.s3 import S3Store
from uploads.sweeps import sweep_uploads

KEY = source_key(uuid4())
CALLS: dict[str, Callable[[S3Store], object]] = {
    "create_upload": lambda store: store.create_upload(KEY, content_type=VIDEO, size_bytes=9, part_size_bytes=1),
    "list_parts": lambda store: store.list_parts(KEY, "2~upload"),
    "complete_upload": lambda store: store.complete_upload(KEY, "2~upload", []),
    "abort_upload": lambda store: store.abort_upload(KEY, "2~upload"),
    "open_uploads": lambda store: [*store.open_uploads()],
    "head": lambda store: store.head(KEY),
    "mark_rejected": lambda store: store.mark_rejected(KEY, rejected=True),
    "delete_prefix": lambda store: store.delete_prefix("renditions/a/"),
}


@contextmanager
def down(ceph: Ceph) -> Iterator[None]:
    """Let nobody answer at the server's address meanwhile."""
    ceph.stop_gateway()
    try:
        yield
    finally:
        ceph.start_gateway()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask once: how long boto3 waits between its tries is not tested here."""
    monkeypatch.setattr("uploads.stores.aws.TRIES", 1)


def test_every_call_says_that_the_store_failed_and_none_that_there_is_nothing(ceph: Ceph, store: S3Store) -> None:
    said: dict[str, type[BaseException]] = {}
    with down(ceph):
        for name, call in CALLS.items():
            with pytest.raises(StoreError) as failed:
                call(store)
            said[name] = type(failed.value)
    assert not [name for name, kind in said.items() if issubclass(kind, NoSuchUpload)]


def test_signing_needs_nobody_to_answer(ceph: Ceph, store: S3Store, web: httpx.Client) -> None:
    with down(ceph):
        sending = open_upload(store, 4)
        url = store.sign_get(sending.key, starts_at=timezone.now(), expires_at=in_an_hour())
    assert put(web, sending.puts[1], b"film").status_code == 200
    assert web.get(url).content == b"film"


def test_an_upload_that_is_completed_meanwhile_can_be_completed_afterwards(
    ceph: Ceph, bucket: Bucket, alices: Client, web: httpx.Client
) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    (item,) = sign(alices, video_id, [1]).json()["items"]
    put(web, SignedPut(url=item["url"], headers=item["headers"]), b"film")
    with down(ceph):
        answer = complete(alices, video_id)
        assert (answer.status_code, answer.json()["code"]) == (503, "store.failed")
    assert complete(alices, video_id).status_code == 200
    assert bucket.content(f"sources/{video_id}/source") == b"film"
    assert Job.objects.count() == 1


def test_a_large_upload_that_cannot_be_opened_leaves_no_row(ceph: Ceph, bucket: Bucket, alices: Client) -> None:
    with down(ceph):
        answer = start_upload(alices, size=3 * PART)
    assert (answer.status_code, answer.json()["code"]) == (503, "store.failed")
    assert not Video.objects.exists()
    assert bucket.open_uploads() == []


def test_an_upload_does_not_expire_while_nobody_can_say_whether_it_is_whole(
    ceph: Ceph, bucket: Bucket, alices: Client
) -> None:
    video_id = start_upload(alices, size=4).json()["videoId"]
    bucket.put(f"sources/{video_id}/source", b"film")
    with down(ceph):
        sweep_uploads(now=timezone.now() + timedelta(days=4))
    assert Video.objects.get().upload_status == UploadStatus.WAITING
    sweep_uploads(now=timezone.now() + timedelta(days=4))
    assert Video.objects.get().upload_status == UploadStatus.UPLOADED
