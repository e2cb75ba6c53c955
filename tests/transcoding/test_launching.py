"""A job is asked for by a message, which may be lost: the row is the truth."""

import json
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis as redis_client
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone

from tests.environment import REDIS_PORT, free_port
from tests.factories import launched, uploaded_video
from transcoding.launching import attempt_launch
from transcoding.models import Attempt, Job
from transcoding.services import job_launch
from transcoding.sweeps import sweep_jobs


@pytest.fixture
def broken_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker's address at which nobody listens."""
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A broker that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield


@pytest.fixture
def queue(redis: None) -> Iterator["redis_client.Redis"]:
    """The broker, with an empty queue of transcodings."""
    with redis_client.Redis(port=REDIS_PORT) as client:
        client.delete("transcode")
        yield client


def messages(queue: "redis_client.Redis") -> list[dict[str, Any]]:
    raw: Any = queue.lrange("transcode", 0, -1)
    return [json.loads(message) for message in raw]


def test_launching_makes_the_first_attempt(redis: None, alice: User) -> None:
    attempt = launched(uploaded_video(alice))

    assert (attempt.number, attempt.status, attempt.launcher) == (1, "LAUNCHED", "celery")
    assert attempt.job.status == "LAUNCHED"


def test_launching_twice_makes_one_attempt(redis: None, alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))
    for _ in range(2):
        job_launch(job_id=job.pk)

    assert job.attempts.count() == 1


def test_the_message_waits_in_the_queue_of_the_transcoders(queue: "redis_client.Redis", alice: User) -> None:
    attempt = launched(uploaded_video(alice))

    (message,) = messages(queue)
    assert message["headers"]["task"] == "transcoding.tasks.transcode_video"
    assert message["headers"]["id"] == attempt.external_id
    assert message["headers"]["kwargsrepr"] == repr({"job_id": str(attempt.job_id), "attempt": 1})


def test_the_message_expires_so_that_old_ones_are_not_taken_up(queue: "redis_client.Redis", alice: User) -> None:
    launched(uploaded_video(alice))

    assert messages(queue)[0]["headers"]["expires"] is not None


@pytest.mark.django_db(transaction=True)
def test_an_upload_that_is_complete_is_launched_after_its_transaction(redis: None, alice: User) -> None:
    video = uploaded_video(alice)

    assert Attempt.objects.get(job__video=video).status == "LAUNCHED"


@pytest.mark.django_db(transaction=True)
def test_an_upload_is_taken_while_the_broker_is_down(broken_broker: None, alice: User) -> None:
    video = uploaded_video(alice)

    attempt = Attempt.objects.get(job__video=video)
    assert (video.upload_status, attempt.status, attempt.external_id) == ("UPLOADED", "LAUNCHED", "")


def test_a_broker_that_is_down_is_given_up_at_once(broken_broker: None, alice: User) -> None:
    job = Job.objects.get(video=uploaded_video(alice))
    began = time.monotonic()
    job_launch(job_id=job.pk)

    assert time.monotonic() - began < 3


@pytest.mark.timeout(60)
def test_a_broker_that_does_not_answer_is_given_up(silent_broker: None, alice: User) -> None:
    attempt = launched(uploaded_video(alice))

    assert (attempt.status, attempt.external_id) == ("LAUNCHED", "")


def test_the_sweep_asks_again_when_the_broker_is_back(
    queue: "redis_client.Redis", alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as down:
        down.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")
        attempt = launched(uploaded_video(alice))
    sweep_jobs(now=timezone.now() + timedelta(seconds=61))

    attempt.refresh_from_db()
    assert attempt.external_id
    assert len(messages(queue)) == 1


def test_asking_again_is_noted(redis: None, alice: User) -> None:
    attempt = launched(uploaded_video(alice))
    before = attempt.hinted_at
    attempt_launch(attempt)

    attempt.refresh_from_db()
    assert attempt.hinted_at > before
