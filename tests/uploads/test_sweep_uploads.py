"""The janitor of uploads, with the clock moved."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import start_upload, uploaded_video
from tests.uploads.browsing import THREE_PARTS, begin, complete, local_store, source_of
from transcoding.models import Job
from uploads.arrivals import Outcome, object_created
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.services import video_delete, video_reconsider, video_reject
from uploads.stores import StoreError
from uploads.sweeps import sweep_uploads
from uploads.tasks import sweep_uploads as sweep_task


def sweep(**later: float) -> None:
    """Sweep as it would be done that much later."""
    sweep_uploads(now=timezone.now() + timedelta(**later))


def make_whole(video_id: str) -> None:
    """Complete an upload in the store alone, as a process does that dies before it tells the database."""
    store, key = local_store(), f"sources/{video_id}/source"
    upload_id = Upload.objects.get(pk=UUID(video_id)).store_upload_id
    store.complete_upload(key, upload_id, store.list_parts(key, upload_id))


def test_an_upload_nobody_finished_expires_and_frees_the_disk(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1])
    sweep(days=3, minutes=11)
    assert Video.objects.get(pk=video_id).upload_status == UploadStatus.EXPIRED
    assert not Upload.objects.exists()
    assert [*local_store().uploads.iterdir()] == []


def test_an_upload_that_still_has_time_is_left_alone(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    sweep(days=2, hours=23)
    assert complete(alices, video_id).status_code == 200


def test_an_upload_whose_browser_was_closed_on_the_last_byte_is_completed(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1, 2, 3])
    sweep(minutes=2)
    video = Video.objects.get(pk=video_id)
    assert (video.upload_status, video.noticed_by) == (UploadStatus.UPLOADED, NoticedBy.SWEEP)
    assert source_of(video_id) == THREE_PARTS
    assert Job.objects.count() == 1


def test_a_file_that_arrives_in_the_last_moment_is_taken_and_not_thrown_away(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1, 2, 3])
    sweep(days=3, minutes=11)
    assert Video.objects.get(pk=video_id).upload_status == UploadStatus.UPLOADED


def test_a_file_that_arrives_after_its_upload_expired_is_taken_nevertheless(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1])
    sweep(days=4)
    late = local_store().object_path(f"sources/{video_id}/source")
    late.parent.mkdir(parents=True)
    late.write_bytes(b"by a PUT that began in time")
    assert object_created(source_key=f"sources/{video_id}/source", noticed_by=NoticedBy.EVENT) == Outcome.TAKEN
    assert Job.objects.count() == 1


def test_a_sweep_that_takes_too_long_leaves_the_rest_to_the_next(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        begin(alices, THREE_PARTS, parts=[1, 2, 3], name=f"{n}.mp4")
    monkeypatch.setattr("uploads.sweeping.SWEEP_SECONDS", -1)
    sweep(minutes=2)
    assert not Job.objects.exists()
    monkeypatch.undo()
    sweep(minutes=2)
    assert Job.objects.count() == 3


def test_the_same_file_may_be_started_again_after_it_expired(alices: Client) -> None:
    video_id = start_upload(alices).json()["videoId"]
    sweep(days=4)
    again = start_upload(alices)
    assert again.status_code == 201
    assert again.json()["videoId"] != video_id


def test_parts_that_a_process_left_when_it_died_in_deleting_are_removed(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1])
    alices.delete(f"/api/videos/{video_id}")  # what comes after the commit is not done here
    again = start_upload(alices, size=len(THREE_PARTS))
    sweep(minutes=11)
    (kept,) = local_store().uploads.iterdir()
    assert again.status_code == 201
    assert kept.name == Upload.objects.get().store_upload_id


def test_a_whole_source_that_nobody_announced_is_found(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    make_whole(video_id)
    sweep(minutes=2)
    assert Video.objects.get().upload_status == UploadStatus.UPLOADED
    assert Job.objects.count() == 1


def test_a_whole_source_found_at_its_expiry_is_a_video_and_does_not_expire(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = begin(alices, b"film", parts=[1])
    store = local_store()
    abort = store.abort_upload

    def abort_too_late(key: str, upload_id: str) -> None:
        """Somebody completes the upload in the very moment in which it expires."""
        make_whole(video_id)
        abort(key, upload_id)

    monkeypatch.setattr(store, "abort_upload", abort_too_late)
    sweep(days=4)
    assert Video.objects.get().upload_status == UploadStatus.UPLOADED
    assert source_of(video_id) == b"film"


def test_one_upload_that_cannot_be_put_right_keeps_no_other_waiting(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [begin(alices, b"film", parts=[1], name=f"{n}.mp4") for n in range(3)]
    for video_id in ids:
        make_whole(video_id)

    def note(*, source_key: str, noticed_by: NoticedBy) -> Outcome:
        if ids[0] in source_key:
            raise StoreError("this one always fails")
        return object_created(source_key=source_key, noticed_by=noticed_by)

    monkeypatch.setattr("uploads.sweeps.object_created", note)
    sweep(minutes=2)
    done = Video.objects.filter(upload_status=UploadStatus.UPLOADED).values_list("pk", flat=True)
    assert {str(pk) for pk in done} == set(ids[1:])


def test_an_expired_upload_whose_parts_cannot_be_dropped_is_tried_again(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(alices, THREE_PARTS, parts=[1])

    def fail(key: str, upload_id: str) -> None:
        raise StoreError("not now")

    with monkeypatch.context() as broken:
        broken.setattr(local_store(), "abort_upload", fail)
        sweep(days=4)
    sweep(days=4, minutes=1)
    assert Video.objects.get().upload_status == UploadStatus.EXPIRED
    assert [*local_store().uploads.iterdir()] == []


def test_a_deleted_video_is_purged_when_no_transcoder_can_be_writing_for_it(alice: User) -> None:
    video = uploaded_video(alice)
    late = local_store().object_path(f"renditions/{video.pk}/job/1/720p/seg_00001.m4s")
    video_delete(video=video)
    late.parent.mkdir(parents=True)
    late.write_bytes(b"written after the deletion")
    sweep(minutes=69)
    assert Video.objects.filter(pk=video.pk).exists()
    sweep(minutes=71)
    assert not Video.objects.filter(pk=video.pk).exists()
    assert not late.exists()
    assert local_store().head(video.source_key) is None


def test_the_row_of_a_deleted_video_stays_until_its_files_are_gone(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = uploaded_video(alice)
    video_delete(video=video)

    def fail(prefix: str) -> None:
        raise StoreError("not now")

    with monkeypatch.context() as broken:
        broken.setattr(local_store(), "delete_prefix", fail)
        sweep(minutes=71)
    assert Video.objects.filter(pk=video.pk).exists()
    sweep(minutes=72)
    assert not Video.objects.filter(pk=video.pk).exists()


def test_a_rejected_source_is_dropped_after_a_week_and_its_video_stays(alice: User) -> None:
    video = uploaded_video(alice)
    video_reject(video_id=video.pk)
    sweep(days=6)
    assert local_store().head(video.source_key) is not None
    sweep(days=8)
    assert local_store().head(video.source_key) is None
    video.refresh_from_db()
    assert (video.upload_status, video.source_etag) == (UploadStatus.REJECTED, "")


def test_a_source_that_was_reconsidered_is_kept(alice: User) -> None:
    video = uploaded_video(alice)
    video_reject(video_id=video.pk)
    video_reconsider(video_id=video.pk)
    sweep(days=8)
    assert local_store().head(video.source_key) is not None


def test_sweeping_an_empty_site_is_no_error(db: None) -> None:
    sweep_task()
