"""A transcoder elsewhere claims its attempt over HTTP, and gets its job specification."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import launched, uploaded_video
from transcoding.attempts import job_spec
from transcoding.models import Attempt, Job
from transcoding.services import job_cancel
from transcoding.tokens import make_token

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt of which ECS is starting the transcoder."""
    return of_ecs(launched(uploaded_video(alice)))


def of_ecs(attempt: Attempt) -> Attempt:
    Attempt.objects.filter(pk=attempt.pk).update(launcher="ecs")
    attempt.refresh_from_db()
    return attempt


def claim(attempt: Attempt, *, token: str = "", by: str = "this-process") -> Any:
    token = token or make_token(attempt.job_id, attempt.number)
    headers = {"Authorization": f"Bearer {token}", "X-Vidsite-Claimant": by}
    return Client().post(f"/api/jobs/{attempt.job_id}/start", headers=headers)


def test_the_specification_is_the_one_that_standard_input_would_bring(attempt: Attempt) -> None:
    answer = claim(attempt)
    attempt.refresh_from_db()
    expected = json.loads(job_spec(attempt).to_json())
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert {**answer.json(), "token": ""} == {**expected, "token": ""}


def test_a_claim_starts_the_attempt_and_its_lease(attempt: Attempt) -> None:
    claim(attempt)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.job.status, bool(attempt.lease_until)) == ("RUNNING", "RUNNING", True)


def test_a_claim_whose_answer_was_lost_is_answered_again(attempt: Attempt) -> None:
    first, again = claim(attempt), claim(attempt)
    assert [first.status_code, again.status_code] == [200, 200]
    assert again.json()["jobId"] == str(attempt.job_id)


def test_a_second_process_for_the_same_attempt_gets_nothing(attempt: Attempt) -> None:
    claim(attempt)
    answer = claim(attempt, by="another-process")
    assert (answer.status_code, answer.json()) == (409, {"continue": False, "reason": "superseded"})


def test_a_process_without_a_name_gets_nothing(attempt: Attempt) -> None:
    assert claim(attempt, by="").status_code == 409


def test_an_attempt_that_went_to_celery_is_for_nobody_who_asks_here(attempt: Attempt) -> None:
    Attempt.objects.update(launcher="celery")
    assert claim(attempt).status_code == 409
    attempt.refresh_from_db()
    assert attempt.status == "LAUNCHED"


def test_an_attempt_of_a_cancelled_job_is_not_to_be_had(attempt: Attempt) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")
    assert claim(attempt).status_code == 409
    assert Job.objects.get().status == "CANCELLED"


@pytest.mark.parametrize("token", ["none", "another job's"])
def test_a_token_that_is_not_for_this_job_claims_nothing(attempt: Attempt, alice: User, token: str) -> None:
    if token != "none":
        other = launched(uploaded_video(alice, name="other.mp4"))
        token = make_token(other.job_id, 1)
    assert claim(attempt, token=token).status_code == 401
    attempt.refresh_from_db()
    assert attempt.status == "LAUNCHED"
