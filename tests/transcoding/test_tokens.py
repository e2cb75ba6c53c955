"""The credential of one attempt."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import signing
from pytest_django.fixtures import Settings

from transcoding.tokens import attempt_of, make_token


def test_a_token_speaks_for_its_attempt() -> None:
    job_id = uuid4()

    assert attempt_of(make_token(job_id, 2), job_id) == 2


def test_a_token_of_another_job_speaks_for_nothing() -> None:
    assert attempt_of(make_token(uuid4(), 1), uuid4()) is None


def test_a_token_that_is_too_old_speaks_for_nothing(settings: Settings) -> None:
    job_id = uuid4()
    token = make_token(job_id, 1)
    settings.REPORT_TOKEN_SECONDS = timedelta(seconds=-1).total_seconds()

    assert attempt_of(token, job_id) is None


def test_a_token_signed_for_another_purpose_speaks_for_nothing() -> None:
    job_id = uuid4()

    assert attempt_of(signing.dumps([str(job_id), 1], salt="something else"), job_id) is None


def test_a_token_signed_with_the_previous_secret_is_still_good(settings: Settings) -> None:
    job_id = uuid4()
    token = make_token(job_id, 1)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"

    assert attempt_of(token, job_id) == 1


@pytest.mark.parametrize("token", ["", "x", "a:b:c", "ä", "::", "\0"])
def test_nonsense_speaks_for_nothing(token: str) -> None:
    assert attempt_of(token, uuid4()) is None


def test_a_token_altered_by_one_letter_speaks_for_nothing() -> None:
    job_id = uuid4()
    token = make_token(job_id, 1)
    other = "A" if token[-1] != "A" else "B"

    assert attempt_of(token[:-1] + other, job_id) is None
