"""Who is given which chunk."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding.chunk_planning import LEAD_SEGMENTS, LONGEST, PlannedChunk
from transcoding.chunks import ClaimedChunk, chunk_claim
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.schemas import ChunkClaimIn
from transcoding.services import attempt_start, job_cancel
from transcoding.sweeps import sweep_jobs
from transcoding.tokens import make_token

pytestmark = pytest.mark.usefixtures("redis")

QUALITIES = ["720p", "240p"]
SEGMENTS = 60


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt that has said which renditions there will be."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    return attempt


def claim(attempt: Attempt, number: int, **facts: Any) -> ClaimedChunk:
    body = {"number": number, "qualities": QUALITIES, "segments": SEGMENTS, **facts}
    answer = chunk_claim(job_id=attempt.job_id, attempt_number=attempt.number, claim=ChunkClaimIn.model_validate(body))
    assert isinstance(answer, ClaimedChunk)
    return answer


def post(attempt: Attempt, token: str | None = None, **body: Any) -> Any:
    return Client(enforce_csrf_checks=True).post(
        f"/api/jobs/{attempt.job_id}/chunks",
        json.dumps({"number": 1, "qualities": QUALITIES, "segments": SEGMENTS, **body}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or make_token(attempt.job_id, attempt.number)}"},
    )


def make(attempt: Attempt, *renditions: dict[str, Any]) -> None:
    report = report_of(attempt, renditions=renditions)
    report_record(job_id=attempt.job_id, attempt_number=attempt.number, report=report)


def lose(attempt: Attempt) -> Attempt:
    """Let an attempt fall silent; return the one that follows it."""
    Attempt.objects.filter(pk=attempt.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    sweep_jobs(now=timezone.now() + timedelta(seconds=1))
    following = attempt_start(job_id=attempt.job_id, number=attempt.number + 1)
    assert following is not None
    return following


def test_the_lowest_quality_is_given_first(attempt: Attempt) -> None:
    assert claim(attempt, 1).chunk == PlannedChunk(first=0, count=LEAD_SEGMENTS, qualities=("240p",))


def test_nothing_is_given_twice(attempt: Attempt) -> None:
    given: set[tuple[str, int]] = set()
    number = 1
    while (chunk := claim(attempt, number, speed=3.0).chunk) is not None:
        parts = {(quality, n) for quality in chunk.qualities for n in range(chunk.first, chunk.first + chunk.count)}
        assert not given & parts
        given |= parts
        number += 1
    assert len(given) == 2 * SEGMENTS


def test_the_same_number_gets_the_same_chunk(attempt: Attempt) -> None:
    first = claim(attempt, 1)

    assert claim(attempt, 1) == first
    assert claim(attempt, 2) != first


def test_what_a_lost_attempt_had_made_is_not_given_again(attempt: Attempt) -> None:
    claim(attempt, 1)
    claim(attempt, 2, speed=3.0)
    make(attempt, segments("240p", range(LEAD_SEGMENTS)), segments("720p", range(2)))
    second = lose(attempt)

    answer = claim(second, 1, speed=3.0)

    assert answer.chunk == PlannedChunk(first=2, count=LEAD_SEGMENTS - 2, qualities=("720p",))
    assert answer.made == {"240p": [(0, LEAD_SEGMENTS)], "720p": [(0, 2)]}


def test_what_a_lost_attempt_had_only_claimed_is_given_to_the_next(attempt: Attempt) -> None:
    for number in range(1, 4):
        claim(attempt, number, speed=3.0)
    make(attempt, segments("240p", range(LEAD_SEGMENTS)), segments("720p", range(LEAD_SEGMENTS)))
    second = lose(attempt)

    chunk = claim(second, 1, speed=3.0).chunk

    assert chunk == PlannedChunk(first=LEAD_SEGMENTS, count=LONGEST, qualities=("720p", "240p"))


def test_own_chunks_need_not_be_reported_to_be_done(attempt: Attempt) -> None:
    claim(attempt, 1, segments=3)

    assert claim(attempt, 2, segments=3) == ClaimedChunk(chunk=None, wait=False, made={})


def test_a_source_that_cannot_be_entered_is_begun_again(attempt: Attempt) -> None:
    claim(attempt, 1, in_one_piece=True)
    make(attempt, segments("240p", range(9)), segments("720p", range(8)))
    second = lose(attempt)

    assert claim(second, 1, in_one_piece=True).chunk == PlannedChunk(
        first=0, count=SEGMENTS, qualities=("720p", "240p")
    )


def test_a_source_that_ended_early_stays_so_for_the_next_attempt(attempt: Attempt) -> None:
    claim(attempt, 1, segments=5)
    second = lose(attempt)
    chunk = claim(second, 1).chunk

    assert chunk is not None
    assert chunk.first + chunk.count == 5
    assert Job.objects.get(pk=attempt.job_id).segment_count == 5


def test_a_claim_is_a_sign_of_life(attempt: Attempt) -> None:
    Attempt.objects.filter(pk=attempt.pk).update(lease_until=timezone.now())
    claim(attempt, 1)
    sweep_jobs(now=timezone.now())

    assert Attempt.objects.get(pk=attempt.pk).status == "RUNNING"


def test_a_lost_attempt_is_given_nothing(attempt: Attempt) -> None:
    lose(attempt)
    answer = post(attempt)

    assert (answer.status_code, answer.json()) == (409, {"continue": False, "reason": "superseded"})


def test_a_cancelled_attempt_is_given_nothing(attempt: Attempt) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")
    answer = post(attempt)

    assert (answer.status_code, answer.json()) == (409, {"continue": False, "reason": "cancelled"})


def test_nobody_claims_without_the_token_of_the_attempt(attempt: Attempt) -> None:
    assert post(attempt, token="nobody's").status_code == 401


def test_the_answer_is_the_one_of_the_protocol(attempt: Attempt) -> None:
    assert post(attempt).json() == {
        "chunk": {"first": 0, "count": LEAD_SEGMENTS, "qualities": ["240p"]},
        "wait": False,
        "made": {},
    }


@pytest.mark.parametrize("body", [{"number": 0}, {"qualities": []}, {"segments": 0}, {"speed": -1}])
def test_a_claim_that_makes_no_sense_is_refused(attempt: Attempt, body: dict[str, Any]) -> None:
    assert post(attempt, **body).status_code == 422


def test_what_another_encoder_made_is_forgotten_and_the_job_begins_elsewhere(attempt: Attempt) -> None:
    make(attempt, segments("240p", range(4), initDigest="aa", codecs="avc1.640015", progress=10))
    second = lose(attempt)
    made = report_of(second, renditions=[segments("240p", range(6, 8), initDigest="bb", codecs="avc1.640015")])

    answer = report_record(job_id=attempt.job_id, attempt_number=2, report=made)

    job = Job.objects.get(pk=attempt.job_id)
    assert (answer, job.status, job.renditions.count()) == ("superseded", "QUEUED", 0)
    assert job.output_prefix == f"renditions/{job.video_id}/{job.pk}/2/"
    assert Attempt.objects.get(pk=second.pk).end_reason.startswith("platform.other-encoder: ")


def test_what_was_made_before_there_were_digests_is_forgotten_too(attempt: Attempt) -> None:
    make(attempt, segments("240p", range(4), initDigest=""))
    lose(attempt)

    job = Job.objects.get(pk=attempt.job_id)
    assert not job.renditions.exists()
    assert job.output_prefix == f"renditions/{job.video_id}/{job.pk}/1/"


def test_the_same_encoder_goes_on_where_another_attempt_was_lost(attempt: Attempt) -> None:
    make(attempt, segments("240p", range(4), initDigest="aa", codecs="avc1.640015"))
    second = lose(attempt)
    make(second, segments("240p", range(4, 6), initDigest="aa", codecs="avc1.640015"))

    assert attempt.job.renditions.get(quality="240p").segments.count() == 6
