"""A person stops a job, or deletes its video."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.factories import first_report, launched, report_of, running, segments, uploaded_video
from transcoding.models import Attempt, Job, Segment
from transcoding.reports import report_record
from transcoding.services import job_cancel, job_launch, video_delete
from transcoding.sweeps import sweep_jobs
from uploads.models import Video
from uploads.stores import get_store
from uploads.sweeps import sweep_uploads

pytestmark = pytest.mark.usefixtures("redis")


def test_a_queued_job_is_cancelled_and_never_launched(alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))

    assert job_cancel(job_id=job.pk, by="alice")
    job_launch(job_id=job.pk)
    sweep_jobs(now=timezone.now())
    job.refresh_from_db()
    assert job.status == "CANCELLED"
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("bring", [launched, running])
def test_cancelling_ends_the_attempt_with_the_job(alice: User, bring: object) -> None:
    assert callable(bring)
    attempt: Attempt = bring(uploaded_video(alice))
    job_cancel(job_id=attempt.job_id, by="alice")

    attempt.refresh_from_db()
    assert (attempt.status, attempt.job.status) == ("CANCELLED", "CANCELLED")
    assert attempt.end_reason == "cancelled by alice"


def test_a_job_is_cancelled_once(alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))

    assert [job_cancel(job_id=job.pk, by="alice") for _ in range(2)] == [True, False]


def test_a_job_that_waits_to_be_tried_again_can_be_cancelled(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    failure = report_of(attempt, status="FAILED", error={"code": "platform.disk-full", "message": "No space."})
    report_record(job_id=attempt.job_id, attempt_number=1, report=failure)
    job_cancel(job_id=attempt.job_id, by="alice")
    sweep_jobs(now=timezone.now() + timedelta(minutes=1))

    assert Job.objects.get(pk=attempt.job_id).status == "CANCELLED"
    assert Attempt.objects.count() == 1


def test_what_a_cancelled_job_made_is_shown_no_more(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    report = report_of(attempt, renditions=[segments("720p", range(2))])
    report_record(job_id=attempt.job_id, attempt_number=1, report=report)
    job_cancel(job_id=attempt.job_id, by="alice")

    assert not Segment.objects.exists()


def test_deleting_a_video_stops_its_job(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    video_delete(video=attempt.job.video, by="alice")

    assert Job.objects.get(pk=attempt.job_id).status == "CANCELLED"
    assert report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt)) == "cancelled"
    assert not Video.objects.present().exists()


def test_what_is_written_after_the_deletion_goes_with_the_row(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    video_delete(video=attempt.job.video, by="alice")
    path: Path = get_store().object_path(f"{attempt.job.output_prefix}720p/init.mp4")  # type: ignore[attr-defined]  # tests use the local store
    path.parent.mkdir(parents=True)
    path.write_bytes(b"late")
    sweep_uploads(now=timezone.now() + timedelta(minutes=75))

    assert not path.exists()
    assert not Video.objects.exists()
    assert not Attempt.objects.exists()
