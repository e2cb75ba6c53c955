"""How an attempt ends, and what comes of reports after the end."""

from typing import Any

import pytest

from tests.transcoding.reporting import READY, declare, one, percents, post
from transcoding.models import Attempt, Job
from transcoding.services import attempt_end, job_cancel
from transcoding.states import AttemptStatus
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")


def test_success_ends_the_attempt_and_the_job(attempt: Attempt) -> None:
    declare(attempt)

    assert post(attempt, status="SUCCEEDED", renditions=READY).status_code == 200
    attempt.refresh_from_db()
    assert (attempt.status, attempt.job.status) == ("SUCCEEDED", "SUCCEEDED")
    assert set(percents(attempt).values()) == {100}


def test_success_without_every_rendition_ready_is_refused(attempt: Attempt) -> None:
    declare(attempt)

    answer = post(attempt, status="SUCCEEDED", renditions=READY[:1])

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.not-ready"
    assert Job.objects.get(pk=attempt.job_id).status == "RUNNING"


def test_success_without_any_rendition_is_refused(attempt: Attempt) -> None:
    assert post(attempt, status="SUCCEEDED").json()["code"] == "report.not-ready"


@pytest.mark.parametrize(
    "final",
    [
        {"status": "SUCCEEDED", "renditions": READY},
        {"status": "FAILED", "error": {"code": "source.unreadable", "message": "This is no video."}},
        {"status": "FAILED", "error": {"code": "platform.disk-full", "message": "No space left."}},
    ],
    ids=["succeeded", "source", "platform"],
)
def test_a_final_report_whose_answer_was_lost_is_accepted_again(attempt: Attempt, final: dict[str, Any]) -> None:
    declare(attempt)
    answers = [post(attempt, **final) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert attempt.job.events.filter(new__in=["SUCCEEDED", "FAILED"]).count() <= 1
    assert Attempt.objects.filter(job=attempt.job, number=1).count() == 1


def test_an_attempt_that_was_replaced_is_told_to_stop(attempt: Attempt) -> None:
    attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Silent.")

    answer = post(attempt)

    assert answer.status_code == 409
    assert answer.json() == {"continue": False, "reason": "superseded"}


def test_an_attempt_of_a_cancelled_job_is_told_to_stop(attempt: Attempt) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")

    answer = post(attempt)

    assert answer.status_code == 409
    assert answer.json() == {"continue": False, "reason": "cancelled"}


def test_a_cancelled_job_stays_cancelled_when_its_success_comes_late(attempt: Attempt) -> None:
    declare(attempt)
    job_cancel(job_id=attempt.job_id, by="alice")

    answer = post(attempt, status="SUCCEEDED", renditions=READY)

    assert answer.status_code == 409
    assert Job.objects.get(pk=attempt.job_id).status == "CANCELLED"


def test_a_late_report_changes_nothing_of_a_finished_job(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, status="SUCCEEDED", renditions=READY)
    before = Job.objects.values().get(pk=attempt.job_id)

    assert post(attempt, stage="ENCODING", renditions=one(progress=10)).status_code == 409
    assert Job.objects.values().get(pk=attempt.job_id) == before


def test_a_source_error_fails_the_job_for_good_and_rejects_the_video(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "source.no-video-stream", "message": "There is no picture."})

    job = Job.objects.get(pk=attempt.job_id)
    assert (job.status, job.error_code, job.error_message) == (
        "FAILED",
        "source.no-video-stream",
        "There is no picture.",
    )
    assert Video.objects.get(pk=job.video_id).upload_status == "REJECTED"
    assert job.attempts.count() == 1


def test_a_platform_error_queues_the_job_again_after_a_while(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "platform.disk-full", "message": "No space."}, logTail="ENOSPC")

    job = Job.objects.get(pk=attempt.job_id)
    attempt.refresh_from_db()
    assert job.status == "QUEUED"
    assert attempt.ended_at is not None
    assert 5 < (job.launch_after - attempt.ended_at).total_seconds() < 15
    assert (attempt.status, attempt.log_tail) == ("FAILED", "ENOSPC")


def test_an_interrupted_attempt_is_followed_at_once(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "platform.interrupted", "message": "Told to stop."})

    job = Job.objects.get(pk=attempt.job_id)
    attempt.refresh_from_db()
    assert attempt.ended_at is not None
    assert (job.launch_after - attempt.ended_at).total_seconds() < 1


def test_a_failure_without_a_word_is_ours(attempt: Attempt) -> None:
    post(attempt, status="FAILED")

    attempt.refresh_from_db()
    assert attempt.end_reason.startswith("platform.unknown")
    assert attempt.job.status == "QUEUED"
