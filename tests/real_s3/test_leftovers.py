"""What nobody finishes does not stay on the server: by the site's sweeps, and by the server's own lifecycle."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from tests.factories import start_upload
from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket, use_bucket
from tests.real_s3.sending import PART, open_upload, put
from tests.uploads.browsing import THREE_PARTS
from transcoding.models import Job
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.stores import get_store
from uploads.stores.s3 import S3Store
from uploads.sweeps import sweep_store, sweep_uploads

LIFECYCLE_SECONDS = 60


@pytest.fixture(scope="module")
def quick_ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    """A server on which a day of the lifecycle takes a second."""
    with Ceph(tmp_path_factory.mktemp("ceph"), lifecycle_day_seconds=1) as cluster:
        yield cluster


@pytest.fixture
def quick_bucket(quick_ceph: Ceph, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket there, which is the site's store."""
    yield from use_bucket(quick_ceph, settings, monkeypatch)


def started(browser: Client, content: bytes = THREE_PARTS) -> Upload:
    """Start an upload through the API and return its row."""
    return Upload.objects.get(pk=start_upload(browser, size=len(content)).json()["videoId"])


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(LIFECYCLE_SECONDS * 5):
        if happened():
            return
        time.sleep(0.2)
    pytest.fail(f"that did not happen in {LIFECYCLE_SECONDS} seconds")


def test_an_upload_that_no_row_knows_is_aborted_when_it_is_old(
    alices: Client, store: S3Store, bucket: Bucket, web: httpx.Client
) -> None:
    forgotten = open_upload(store, PART + 10)
    put(web, forgotten.puts[2], b"t" * 10)
    known = started(alices)
    sweep_store(now=timezone.now() + timedelta(days=3, minutes=1))
    assert bucket.open_uploads() == [known.store_upload_id]


@pytest.mark.django_db
def test_an_upload_that_no_row_knows_yet_may_be_about_to_get_one(store: S3Store, bucket: Bucket) -> None:
    young = open_upload(store, PART + 10)
    sweep_store(now=timezone.now() + timedelta(days=2, hours=23))
    assert bucket.open_uploads() == [young.upload_id]


@pytest.mark.django_db
def test_uploads_that_are_not_of_sources_are_none_of_the_sweeps_business(store: S3Store, bucket: Bucket) -> None:
    bucket.s3.create_multipart_upload(Bucket=bucket.name, Key="renditions/a/seg_00000.m4s")
    sweep_store(now=timezone.now() + timedelta(days=30))
    assert len(bucket.open_uploads()) == 1


@pytest.mark.django_db
def test_every_forgotten_upload_is_aborted_though_they_fill_more_than_one_page(store: S3Store, bucket: Bucket) -> None:
    store.list_page = 2
    for _ in range(5):
        open_upload(store, PART + 10)
    sweep_store(now=timezone.now() + timedelta(days=4))
    assert bucket.open_uploads() == []


def test_an_upload_that_nobody_finished_expires_and_frees_its_parts(
    alices: Client, bucket: Bucket, web: httpx.Client
) -> None:
    upload = started(alices)
    signed = get_store().sign_parts(
        upload.video.source_key, upload.store_upload_id, {3: 4}, content_type="", expires_at=upload.expires_at
    )
    assert put(web, signed[3], b"tail").status_code == 200
    sweep_uploads(now=timezone.now() + timedelta(days=3, minutes=11))
    assert bucket.open_uploads() == []
    assert Video.objects.get().upload_status == UploadStatus.EXPIRED


def test_a_file_that_arrived_and_nobody_said_so_becomes_a_video_by_the_sweep(alices: Client, bucket: Bucket) -> None:
    upload = started(alices, b"film")
    bucket.put(upload.video.source_key, b"film")
    sweep_uploads(now=timezone.now() + timedelta(minutes=2))
    video = Video.objects.get()
    assert (video.upload_status, video.noticed_by) == (UploadStatus.UPLOADED, NoticedBy.SWEEP)
    assert Job.objects.count() == 1


def test_the_files_of_a_deleted_video_are_gone_from_the_server(
    alices: Client, bucket: Bucket, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    upload = started(alices, b"film")
    prefix = f"renditions/{upload.pk}/job/1/720p"
    for key in (upload.video.source_key, f"{prefix}/init.mp4", f"{prefix}/seg_00000.m4s"):
        bucket.put(key, b"film")
    sweep_uploads(now=timezone.now() + timedelta(minutes=2))
    with django_capture_on_commit_callbacks(execute=True):
        assert alices.delete(f"/api/videos/{upload.pk}").status_code == 204
    assert bucket.keys() == []


def test_the_servers_lifecycle_aborts_what_even_the_sweep_never_sees(quick_bucket: Bucket, web: httpx.Client) -> None:
    store = get_store()
    assert isinstance(store, S3Store)
    sending = open_upload(store, PART + 10)
    put(web, sending.puts[2], b"t" * 10)
    quick_bucket.s3.put_bucket_lifecycle_configuration(
        Bucket=quick_bucket.name,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "unfinished",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "sources/"},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                }
            ]
        },
    )
    wait_until(lambda: quick_bucket.open_uploads() == [])
    assert put(web, sending.puts[2], b"t" * 10).status_code == 404
