"""What is true of one video, in one message."""

import pytest
from django.contrib.auth.models import User

from progress.snapshot import snapshot_of
from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import job_cancel, job_retry
from uploads.models import UploadStatus, Video
from uploads.services import upload_start

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt that has said which renditions there will be."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    return attempt


def tell(attempt: Attempt, **facts: object) -> None:
    report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt, **facts))


def test_an_upload_that_is_not_finished_is_waiting(alice: User) -> None:
    upload, _ = upload_start(owner=alice, name="a.mp4", size_bytes=9, content_type="video/mp4", last_modified_ms=1)
    snapshot = snapshot_of(upload.video)

    assert (snapshot["status"], snapshot["version"], snapshot["playable"]) == ("WAITING", 0, False)


def test_an_upload_that_was_never_finished_says_what_to_do(alice: User) -> None:
    upload, _ = upload_start(owner=alice, name="a.mp4", size_bytes=9, content_type="video/mp4", last_modified_ms=1)
    Video.objects.update(upload_status=UploadStatus.EXPIRED)
    upload.video.refresh_from_db()
    snapshot = snapshot_of(upload.video)

    assert snapshot["status"] == "EXPIRED"
    assert snapshot["error"] is not None
    assert snapshot["error"]["code"] == "upload.expired"


def test_a_running_job_shows_its_stage_and_renditions(attempt: Attempt) -> None:
    tell(attempt, renditions=[{"quality": "720p", "progress": 31}])
    snapshot = snapshot_of(attempt.job.video)

    assert (snapshot["status"], snapshot["stage"], snapshot["durationSeconds"]) == ("RUNNING", "ENCODING", 60.0)
    assert snapshot["renditions"][0] == {
        "quality": "720p",
        "kind": "video",
        "width": 1280,
        "height": 720,
        "progress": 31,
        "status": "ENCODING",
    }


def test_the_time_that_is_left_follows_from_the_speed(attempt: Attempt) -> None:
    tell(attempt, encodedSeconds=18.6, speed=1.8)

    assert snapshot_of(attempt.job.video)["eta"] == 23


@pytest.mark.parametrize("speed", [0, 1e-320, 1e-9])
def test_there_is_no_estimate_while_nothing_moves(attempt: Attempt, speed: float) -> None:
    tell(attempt, encodedSeconds=1, speed=speed)

    assert snapshot_of(attempt.job.video)["eta"] is None


def test_a_failure_says_why(attempt: Attempt) -> None:
    tell(attempt, status="FAILED", error={"code": "source.broken", "message": "It is broken."})
    snapshot = snapshot_of(attempt.job.video)

    assert snapshot["status"] == "FAILED"
    assert snapshot["error"] == {"code": "source.broken", "message": "It is broken."}


def test_a_finished_job_is_completed(attempt: Attempt) -> None:
    ready = [segments(quality, range(1), status="READY") for quality in ("720p", "240p", "audio")]
    tell(attempt, status="SUCCEEDED", renditions=ready)
    snapshot = snapshot_of(attempt.job.video)

    assert (snapshot["status"], snapshot["playable"], snapshot["eta"]) == ("COMPLETED", True, None)
    assert {rendition["progress"] for rendition in snapshot["renditions"]} == {100}


def test_a_retry_is_shown_instead_of_what_went_before_with_a_higher_version(attempt: Attempt) -> None:
    tell(attempt, renditions=[{"quality": "720p", "progress": 31}])
    job_cancel(job_id=attempt.job_id, by="alice")
    before = snapshot_of(attempt.job.video)
    job_retry(job_id=attempt.job_id, by="admin")
    after = snapshot_of(attempt.job.video)

    assert (before["status"], after["status"], after["renditions"]) == ("CANCELLED", "QUEUED", [])
    assert after["version"] > before["version"]


def test_places_in_the_queue_are_counted_from_one_in_the_order_of_arrival(alice: User, bob: User) -> None:
    videos = [uploaded_video(owner, name=name) for owner in (alice, bob) for name in ("a.mp4", "b.mp4")]

    assert [snapshot_of(video)["position"] for video in videos] == [1, 2, 3, 4]


def test_who_waits_moves_up_when_another_is_taken(alice: User, bob: User) -> None:
    first, second = uploaded_video(alice), uploaded_video(bob)
    running(first)

    assert snapshot_of(first)["position"] is None
    assert snapshot_of(second)["position"] == 1


def test_a_job_that_is_tried_again_keeps_its_place(alice: User, bob: User) -> None:
    attempt, second = running(uploaded_video(alice)), uploaded_video(bob)
    tell(attempt, status="FAILED", error={"code": "platform.disk-full", "message": "No space."})

    assert Job.objects.get(pk=attempt.job_id).status == "QUEUED"
    assert [snapshot_of(video)["position"] for video in (attempt.job.video, second)] == [1, 2]
