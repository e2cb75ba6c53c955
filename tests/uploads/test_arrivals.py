"""What comes of being told that a source is whole, whoever tells it and however often."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from progress.snapshot import snapshot_of
from tests.uploads.browsing import begin, complete, local_store
from transcoding.models import Job, JobEvent
from uploads.arrivals import Outcome, object_created
from uploads.models import Arrival, NoticedBy, Upload, UploadStatus, Video


def arrived(client: Client, content: bytes = b"film") -> Video:
    """Return a video whose source is whole in the store, and nobody has said so."""
    video = Video.objects.get(pk=begin(client, content, parts=[1]))
    store, upload_id = local_store(), Upload.objects.get(pk=video.pk).store_upload_id
    store.complete_upload(video.source_key, upload_id, store.list_parts(video.source_key, upload_id))
    return video


def replace_source(video: Video, content: bytes, *, etag: str = "another") -> None:
    path = local_store().object_path(video.source_key)
    path.write_bytes(content)
    path.with_name("source.etag").write_text(etag)


def tell(video: Video, by: NoticedBy = NoticedBy.EVENT, *, etag: str = "") -> Outcome:
    return object_created(source_key=video.source_key, noticed_by=by, etag=etag)


def test_the_first_message_makes_the_job_and_the_others_are_counted(alices: Client) -> None:
    video = arrived(alices)
    assert [tell(video) for _ in range(3)] == [Outcome.TAKEN, Outcome.REPEATED, Outcome.REPEATED]
    assert Job.objects.count() == 1
    assert Arrival.objects.get().messages == 3


@pytest.mark.parametrize("first", [NoticedBy.EVENT, NoticedBy.BROWSER, NoticedBy.SWEEP])
def test_whoever_comes_first_is_written_down_and_shown_on_the_job(alices: Client, first: NoticedBy) -> None:
    video = arrived(alices)
    for by in (first, *NoticedBy):
        tell(video, by)
    video.refresh_from_db()
    assert video.noticed_by == first
    assert JobEvent.objects.get(job__video=video).reason == f"uploaded, as told by {first.label}"


def test_a_message_about_an_older_version_is_stale(alices: Client) -> None:
    video = arrived(alices)
    assert tell(video, etag="of-the-version-before") == Outcome.STALE
    video.refresh_from_db()
    assert video.upload_status == UploadStatus.WAITING


def test_a_source_that_is_replaced_after_it_was_taken_is_left_alone(alices: Client) -> None:
    video = arrived(alices)
    tell(video)
    video.refresh_from_db()
    taken = video.source_etag
    replace_source(video, b"another film")
    assert tell(video, etag="another") == Outcome.REPLACED
    video.refresh_from_db()
    assert (video.source_etag, Job.objects.count()) == (taken, 1)
    assert [*Arrival.objects.order_by("pk").values_list("taken", flat=True)] == [True, False]


def test_a_message_about_a_deleted_object_comes_to_nothing(alices: Client) -> None:
    video = arrived(alices)
    local_store().delete_prefix(f"sources/{video.pk}/")
    assert tell(video) == Outcome.GONE
    assert not Job.objects.exists()


def test_a_source_that_arrived_empty_is_rejected_with_a_sentence(alices: Client) -> None:
    video = arrived(alices)
    replace_source(video, b"")
    assert tell(video) == Outcome.REJECTED
    video.refresh_from_db()
    snapshot = snapshot_of(video)
    assert (snapshot["status"], snapshot["error"]) == (
        "FAILED",
        {"code": "source.empty", "message": "The file arrived empty. Delete this video and upload it again."},
    )
    assert not Job.objects.exists()


def test_a_source_larger_than_the_site_takes_is_rejected(alices: Client, settings: Settings) -> None:
    video = arrived(alices)
    settings.MAX_UPLOAD_BYTES = 3
    assert tell(video) == Outcome.REJECTED
    video.refresh_from_db()
    assert (video.upload_status, video.rejection, video.size_bytes) == (UploadStatus.REJECTED, "source.too-large", 4)
    assert not Upload.objects.exists()


def test_the_uploader_is_told_of_a_rejection_too(alices: Client, settings: Settings) -> None:
    video_id = begin(alices, b"film", parts=[1])
    settings.MAX_UPLOAD_BYTES = 3
    assert complete(alices, video_id).json() == {"videoId": video_id, "status": "REJECTED"}


def test_a_receiver_that_fails_leaves_nothing_and_the_next_message_succeeds(
    alices: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = arrived(alices)

    def fail(**facts: object) -> None:
        raise RuntimeError("not now")

    with monkeypatch.context() as broken:
        broken.setattr("transcoding.receivers.job_create", fail)
        with pytest.raises(RuntimeError):
            tell(video)
    assert not Arrival.objects.exists()
    assert tell(video) == Outcome.TAKEN
