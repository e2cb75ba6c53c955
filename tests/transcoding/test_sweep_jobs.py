"""The janitor of jobs."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from tests.factories import first_report, launched, report_of, running, uploaded_video
from transcoding import sweeps
from transcoding.hints import HINT_SECONDS
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import job_cancel
from transcoding.sweeps import sweep_jobs
from transcoding.tasks import sweep_jobs as sweep_jobs_task
from uploads.stores import get_store

pytestmark = pytest.mark.usefixtures("redis")

QUARTER = timedelta(minutes=15)


def file_of(attempt: Attempt) -> Path:
    """Write a file as the transcoder of this attempt would."""
    path: Path = get_store().object_path(f"{attempt.job.output_prefix}720p/init.mp4")  # type: ignore[attr-defined]  # tests use the local store
    path.parent.mkdir(parents=True)
    path.write_bytes(b"moov")
    return path


def test_a_job_that_nobody_launched_is_launched(alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))
    sweep_jobs(now=timezone.now())

    assert Attempt.objects.get(job=job).status == "LAUNCHED"


def test_the_celery_task_sweeps(alice: User) -> None:
    uploaded_video(alice)
    sweep_jobs_task()

    assert Attempt.objects.exists()


def test_a_job_whose_time_has_not_come_waits(alice: User) -> None:
    video = uploaded_video(alice)
    Job.objects.filter(video=video).update(launch_after=timezone.now() + timedelta(seconds=10))
    sweep_jobs(now=timezone.now())

    assert not Attempt.objects.exists()


def test_a_launched_job_is_not_launched_twice(alice: User) -> None:
    uploaded_video(alice)
    for _ in range(3):
        sweep_jobs(now=timezone.now())

    assert Attempt.objects.count() == 1


def test_an_attempt_nobody_took_up_is_asked_for_again_after_a_while(alice: User) -> None:
    attempt = launched(uploaded_video(alice))
    Attempt.objects.update(hinted_at=timezone.now() - timedelta(seconds=HINT_SECONDS + 1))
    sweep_jobs(now=timezone.now())

    first = attempt.external_id
    attempt.refresh_from_db()
    assert attempt.external_id not in {"", first}
    assert timezone.now() - attempt.hinted_at < timedelta(seconds=10)
    assert attempt.status == "LAUNCHED"


def test_an_attempt_is_not_asked_for_again_too_soon(alice: User) -> None:
    attempt = launched(uploaded_video(alice))
    Attempt.objects.update(hinted_at=timezone.now() - timedelta(seconds=HINT_SECONDS - 5))
    first = attempt.external_id
    sweep_jobs(now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.external_id == first


def test_an_attempt_that_runs_is_not_asked_for_again(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    Attempt.objects.update(hinted_at=timezone.now() - QUARTER)
    sweep_jobs(now=timezone.now())

    first = attempt.external_id
    attempt.refresh_from_db()
    assert attempt.external_id == first


def test_the_files_of_a_cancelled_job_go_after_a_while(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    path = file_of(attempt)
    job_cancel(job_id=attempt.job_id, by="alice")

    sweep_jobs(now=timezone.now())
    there_at_first = path.exists()
    sweep_jobs(now=timezone.now() + QUARTER)

    assert there_at_first
    assert not path.exists()
    assert Job.objects.get(pk=attempt.job_id).files_removed_at is not None


def test_the_files_of_a_job_that_succeeded_stay(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    path = file_of(attempt)
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    ready = [{"quality": quality, "status": "READY"} for quality in ("720p", "240p", "audio")]
    report_record(
        job_id=attempt.job_id, attempt_number=1, report=report_of(attempt, status="SUCCEEDED", renditions=ready)
    )
    sweep_jobs(now=timezone.now() + QUARTER)

    assert path.exists()


def test_the_files_of_the_next_attempt_stay(alice: User) -> None:
    attempt = running(uploaded_video(alice))
    Attempt.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep_jobs(now=timezone.now() + timedelta(seconds=1))
    second = Attempt.objects.live().get(job=attempt.job)
    path = file_of(second)
    sweep_jobs(now=timezone.now() + QUARTER)

    assert path.exists()


def test_a_job_that_cannot_be_put_right_does_not_keep_the_sweep_from_the_others(alice: User, bob: User) -> None:
    broken, sound = uploaded_video(alice), uploaded_video(bob)
    job = Job.objects.get(video=broken)
    # Attempt 2 without attempt 1, as after a repair by hand: the next would have a number that is taken.
    Attempt.objects.create(job=job, number=2, launcher="celery", status="FAILED")
    Attempt.objects.filter(job=job).update(number=2)
    sweep_jobs(now=timezone.now())

    assert Attempt.objects.live().filter(job__video=sound).exists()


def test_the_oldest_come_first_when_there_are_more_than_one_sweep_takes(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, younger = uploaded_video(alice), uploaded_video(bob)
    monkeypatch.setattr(sweeps, "BATCH", 1)
    sweep_jobs(now=timezone.now())

    assert Attempt.objects.filter(job__video=older).exists()
    assert not Attempt.objects.filter(job__video=younger).exists()
