"""Who may report."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.factories import running, uploaded_video
from tests.transcoding.reporting import post
from transcoding.models import Attempt
from transcoding.tokens import make_token

pytestmark = pytest.mark.usefixtures("redis")


def test_without_a_token_the_answer_is_401(attempt: Attempt) -> None:
    answer = Client().post(f"/api/jobs/{attempt.job_id}/reports", {}, content_type="application/json")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not-signed-in"


def test_a_token_of_another_job_is_refused(attempt: Attempt, bob: User) -> None:
    other = running(uploaded_video(bob))

    assert post(attempt, token=make_token(other.job_id, 1)).status_code == 401


def test_a_token_that_is_too_old_is_refused(attempt: Attempt, settings: Settings) -> None:
    token = make_token(attempt.job_id, 1)
    settings.REPORT_TOKEN_SECONDS = -1

    assert post(attempt, token=token).status_code == 401


def test_a_wrong_token_is_refused_before_the_body_is_parsed(attempt: Attempt) -> None:
    assert post(attempt, token="wrong", raw="{this is no JSON").status_code == 401


def test_a_browsers_session_is_no_token(attempt: Attempt, alices: Client) -> None:
    answer = alices.post(f"/api/jobs/{attempt.job_id}/reports", {}, content_type="application/json")

    assert answer.status_code == 401


def test_a_token_for_an_attempt_that_does_not_exist_finds_nothing(attempt: Attempt) -> None:
    token = make_token(attempt.job_id, 9)

    assert post(attempt, token=token, attempt=9).status_code == 404


def test_a_report_of_another_attempt_than_the_tokens_is_refused(attempt: Attempt) -> None:
    answer = post(attempt, attempt=2)

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.wrong-job"


def test_a_report_of_another_video_than_the_jobs_is_refused(attempt: Attempt) -> None:
    assert post(attempt, videoId=str(uuid4())).json()["code"] == "report.wrong-job"
