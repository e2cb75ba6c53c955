"""An attempt lives as long as it reports; what comes after it."""

import logging
from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from tests.environment import free_port
from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding import sweeps
from transcoding.models import Attempt, Job, Segment
from transcoding.reports import report_record
from transcoding.services import GAVE_UP, attempt_end, attempt_start, job_launch
from transcoding.states import AttemptStatus
from transcoding.sweeps import OUTAGE, site_answers, sweep_jobs

pytestmark = pytest.mark.usefixtures("redis")


def silence(attempt: Attempt) -> None:
    """Let the lease of an attempt run out."""
    Attempt.objects.filter(pk=attempt.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def next_attempt(job_id: UUID) -> Attempt:
    """Return the attempt that is live now, claimed."""
    number = Attempt.objects.live().get(job_id=job_id).number
    claimed = attempt_start(job_id=job_id, number=number)
    assert claimed is not None
    return claimed


def test_an_attempt_that_reports_is_left_alone(attempt: Attempt) -> None:
    sweep_jobs(now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.status == "RUNNING"


def test_a_silent_attempt_is_lost(attempt: Attempt) -> None:
    silence(attempt)
    sweep_jobs(now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.status == "LOST"
    assert attempt.end_reason == "platform.worker-lost: The transcoder stopped reporting."


def test_while_the_site_does_not_answer_silence_costs_no_attempt(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(attempt)
    monkeypatch.setattr(sweeps, "site_answers", lambda: False)
    sweep_jobs(now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.status == "RUNNING"
    assert attempt.lease_until is not None
    assert attempt.lease_until > timezone.now() + timedelta(seconds=20)


def test_a_transcoder_that_can_no_longer_be_trying_is_lost_all_the_same(
    attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(attempt)
    Attempt.objects.update(heartbeat_at=timezone.now() - OUTAGE)
    monkeypatch.setattr(sweeps, "site_answers", lambda: False)
    sweep_jobs(now=timezone.now())

    attempt.refresh_from_db()
    assert attempt.status == "LOST"


def test_the_site_answers_where_transcoders_report(live_server: LiveServer, settings: Settings) -> None:
    settings.REPORT_URL = live_server.url
    there = site_answers()
    settings.REPORT_URL = f"http://127.0.0.1:{free_port()}"

    assert (there, site_answers()) == (True, False)


def test_the_next_attempt_is_launched_by_the_same_sweep(attempt: Attempt) -> None:
    silence(attempt)
    sweep_jobs(now=timezone.now() + timedelta(seconds=1))

    assert Attempt.objects.live().get(job=attempt.job).number == 2


@pytest.mark.django_db(transaction=True)
def test_the_next_attempt_does_not_wait_for_a_sweep(attempt: Attempt) -> None:
    attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Gone.")

    assert Attempt.objects.live().get(job=attempt.job).number == 2


def test_an_attempt_that_reports_while_the_sweep_runs_is_not_lost(
    attempt: Attempt, bob: User, caplog: pytest.LogCaptureFixture
) -> None:
    late = running(uploaded_video(bob))
    silence(attempt)
    silence(late)

    class WhenTheFirstIsLost(logging.Handler):
        """By then the sweep has read which attempts are silent, and has not come to the second."""

        def emit(self, record: logging.LogRecord) -> None:
            if "Lost" in record.getMessage():
                for other in (attempt, late):
                    report_record(job_id=other.job_id, attempt_number=1, report=report_of(other))

    logger = logging.getLogger("transcoding.sweeps")
    logger.addHandler(handler := WhenTheFirstIsLost())
    try:
        sweep_jobs(now=timezone.now())
    finally:
        logger.removeHandler(handler)

    assert sorted(Attempt.objects.filter(number=1).values_list("status", flat=True)) == ["LOST", "RUNNING"]


def test_a_job_fails_after_its_third_attempt(attempt: Attempt) -> None:
    for _ in range(2):
        silence(attempt)
        sweep_jobs(now=timezone.now() + timedelta(seconds=1))
        attempt = next_attempt(attempt.job_id)
    silence(attempt)
    sweep_jobs(now=timezone.now() + timedelta(seconds=1))

    job = Job.objects.get(pk=attempt.job_id)
    assert (job.status, job.error_code, job.error_message) == ("FAILED", "platform.worker-lost", GAVE_UP)
    assert job.attempts.count() == 3
    assert not Attempt.objects.live().exists()


def test_the_number_of_attempts_is_a_setting(attempt: Attempt, settings: Settings) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    silence(attempt)
    sweep_jobs(now=timezone.now())

    assert Job.objects.get(pk=attempt.job_id).status == "FAILED"


def test_a_platform_error_waits_longer_each_time(attempt: Attempt) -> None:
    delays = []
    for _ in range(2):
        failure = report_of(attempt, status="FAILED", error={"code": "platform.disk-full", "message": "No space."})
        report_record(job_id=attempt.job_id, attempt_number=attempt.number, report=failure)
        job = Job.objects.get(pk=attempt.job_id)
        delays.append(round((job.launch_after - timezone.now()).total_seconds(), -1))
        job_launch(job_id=job.pk)
        attempt = next_attempt(job.pk)

    assert delays == [10, 20]


def test_what_a_lost_attempt_made_is_kept(attempt: Attempt) -> None:
    report_record(
        job_id=attempt.job_id, attempt_number=1, report=first_report(attempt, poster={"width": 1, "height": 1})
    )
    report = report_of(attempt, renditions=[segments("720p", range(3), progress=30)])
    report_record(job_id=attempt.job_id, attempt_number=1, report=report)
    silence(attempt)
    sweep_jobs(now=timezone.now())

    job = Job.objects.get(pk=attempt.job_id)
    assert Segment.objects.count() == 3
    assert job.renditions.get(quality="720p").percent == 30
    assert (job.stage, job.speed, job.poster) == ("", None, {"width": 1, "height": 1})


def test_tries_are_counted_anew_after_an_attempt_that_got_on(attempt: Attempt) -> None:
    for number in range(1, 6):
        report = first_report(attempt) if number == 1 else report_of(attempt)
        made = report_of(attempt, renditions=[segments("720p", range(number, number + 1))])
        for told in (report, made):
            report_record(job_id=attempt.job_id, attempt_number=number, report=told)
        silence(attempt)
        sweep_jobs(now=timezone.now() + timedelta(seconds=1))
        attempt = next_attempt(attempt.job_id)

    assert attempt.number == 6


def test_an_attempt_that_only_repeats_what_is_there_has_not_got_on(attempt: Attempt) -> None:
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    for number in range(1, 4):
        made = report_of(attempt, renditions=[segments("720p", range(3))])
        report_record(job_id=attempt.job_id, attempt_number=number, report=made)
        silence(attempt)
        sweep_jobs(now=timezone.now() + timedelta(seconds=1))
        if number < 3:
            attempt = next_attempt(attempt.job_id)
    job = Job.objects.get(pk=attempt.job_id)
    assert (job.status, [one.got_on for one in job.attempts.order_by("number")]) == (
        "LAUNCHED",
        [True, False, False, False],
    )


def test_a_new_attempt_declares_the_same_renditions(attempt: Attempt) -> None:
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    silence(attempt)
    sweep_jobs(now=timezone.now() + timedelta(seconds=1))
    second = next_attempt(attempt.job_id)
    report_record(job_id=attempt.job_id, attempt_number=2, report=first_report(second))

    assert second.job.renditions.count() == 3


def test_an_attempt_ends_once(attempt: Attempt) -> None:
    ends = [
        attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Gone.")
        for _ in range(2)
    ]

    assert ends == [True, False]
    assert attempt.job.events.filter(old="RUNNING").count() == 1


def test_a_transcoder_that_was_told_to_stop_has_not_used_up_a_try(attempt: Attempt, settings: Settings) -> None:
    settings.JOB_MAX_ATTEMPTS = 1
    error = {"code": "platform.interrupted", "message": "Told to stop."}
    for _ in range(3):
        report_record(
            job_id=attempt.job_id,
            attempt_number=attempt.number,
            report=report_of(attempt, status="FAILED", error=error),
        )
        job_launch(job_id=attempt.job_id)
        attempt = next_attempt(attempt.job_id)

    assert Job.objects.get().status == "RUNNING"
