"""Trying again by hand makes a new job."""

import pytest
from django.contrib.auth.models import User

from tests.factories import report_of, running, uploaded_video
from transcoding.models import Job
from transcoding.reports import report_record
from transcoding.services import job_cancel, job_retry
from uploads.errors import UserError
from uploads.models import Video
from uploads.services import video_delete
from uploads.stores import get_store

pytestmark = pytest.mark.usefixtures("redis")


def cancelled_job(owner: User) -> Job:
    job = Job.objects.get(video=uploaded_video(owner))
    job_cancel(job_id=job.pk, by="alice")
    return job


def rejected_job(owner: User) -> Job:
    attempt = running(uploaded_video(owner))
    failure = report_of(attempt, status="FAILED", error={"code": "source.broken", "message": "It is broken."})
    report_record(job_id=attempt.job_id, attempt_number=1, report=failure)
    return attempt.job


def test_a_retry_makes_the_next_job_of_the_video(alice: User) -> None:
    old = cancelled_job(alice)
    new = job_retry(job_id=old.pk, by="admin")

    assert (new.number, new.status, new.video_id) == (2, "QUEUED", old.video_id)
    assert [event.reason for event in new.events.all()] == ["retried by admin"]


def test_a_retry_goes_on_from_the_version_of_the_job_before(alice: User) -> None:
    old = cancelled_job(alice)
    old.refresh_from_db()

    assert job_retry(job_id=old.pk, by="admin").version > old.version


def test_a_rejected_video_is_reconsidered(alice: User) -> None:
    job = rejected_job(alice)
    job_retry(job_id=job.pk, by="admin")

    assert Video.objects.get(pk=job.video_id).upload_status == "UPLOADED"


def test_a_job_that_is_not_over_cannot_be_retried(alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))

    with pytest.raises(UserError, match="Only a job that failed or was cancelled"):
        job_retry(job_id=job.pk, by="admin")


def test_an_old_job_cannot_be_retried_while_a_newer_one_is_live(alice: User) -> None:
    old = cancelled_job(alice)
    job_retry(job_id=old.pk, by="admin")

    with pytest.raises(UserError):
        job_retry(job_id=old.pk, by="admin")


def test_a_deleted_video_cannot_be_retried(alice: User) -> None:
    job = cancelled_job(alice)
    video_delete(video=job.video)

    with pytest.raises(UserError, match="no longer there"):
        job_retry(job_id=job.pk, by="admin")


def test_a_source_that_was_dropped_cannot_be_retried(alice: User) -> None:
    job = rejected_job(alice)
    get_store().delete_prefix(f"sources/{job.video_id}/")
    Video.objects.filter(pk=job.video_id).update(source_etag="")

    with pytest.raises(UserError, match="no longer there"):
        job_retry(job_id=job.pk, by="admin")
