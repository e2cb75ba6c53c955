"""Nobody who waits for an answer of the site waits for ECS: a request leaves a hint, and the sweep makes up for it."""

from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.environment import free_port
from tests.factories import upload as upload_by_api
from tests.factories import uploaded_video
from tests.transcoding.ecs.cluster import Cluster, Refusal
from tests.transcoding.ecs.conftest import do_hints, lose_hints, sweep
from tests.transcoding.ecs.conftest import upload as upload_and_ask
from tests.transcoding.ecs.test_hook import deliver, event
from transcoding.models import Attempt
from transcoding.services import job_cancel
from transcoding.tasks import start_machine, stop_machine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def broken_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker's address at which nobody listens."""
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")


def test_the_request_that_completes_an_upload_asks_ecs_nothing(cluster: Cluster, alices: Client) -> None:
    upload_by_api(alices, b"bytes")
    assert cluster.calls == []
    do_hints()
    assert [Attempt.objects.get().external_id] == list(cluster.tasks)


def test_the_request_that_deletes_a_video_asks_ecs_nothing(cluster: Cluster, attempt: Attempt, alices: Client) -> None:
    before = len(cluster.calls)
    assert alices.delete(f"/api/videos/{attempt.job.video_id}").status_code == 204
    attempt.refresh_from_db()
    assert (attempt.status, len(cluster.calls)) == ("CANCELLED", before)
    do_hints()
    assert cluster.alive == []


def test_the_event_of_a_stopped_task_asks_ecs_nothing(cluster: Cluster, attempt: Attempt) -> None:
    before = len(cluster.calls)
    deliver(event(attempt.external_id, "STOPPED", 9, stopCode="SpotInterruption"))
    assert len(cluster.calls) == before
    do_hints()
    assert {name for name, _ in cluster.calls[before:]} == {"RunTask"}


def test_a_hint_that_is_lost_is_made_good_by_the_sweep(cluster: Cluster, alice: User) -> None:
    uploaded_video(alice)
    assert lose_hints() == 1
    sweep(seconds=1)
    assert [Attempt.objects.get().external_id] == list(cluster.tasks)


def test_a_hint_that_no_broker_takes_is_made_good_by_the_sweep(
    cluster: Cluster, alice: User, broken_broker: None
) -> None:
    uploaded_video(alice)
    sweep(seconds=1)
    assert [Attempt.objects.get().external_id] == list(cluster.tasks)


def test_a_hint_to_stop_that_is_lost_is_made_good_by_the_sweep(cluster: Cluster, attempt: Attempt) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")
    assert lose_hints() == 1
    sweep(seconds=100)
    assert len(cluster.alive) == 1
    sweep(seconds=131)
    assert cluster.alive == []


def test_a_hint_that_comes_twice_asks_once(cluster: Cluster, attempt: Attempt) -> None:
    start_machine(attempt_id=attempt.pk)
    assert len(cluster.called("RunTask")) == 1


def test_a_hint_that_comes_while_the_attempt_waits_does_not_ask_early(cluster: Cluster, alice: User) -> None:
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    attempt = upload_and_ask(alice)
    start_machine(attempt_id=attempt.pk)
    assert len(cluster.called("RunTask")) == 1


def test_a_hint_from_a_machine_whose_clock_is_ahead_is_good(cluster: Cluster, alice: User) -> None:
    uploaded_video(alice)
    Attempt.objects.update(launch_again_at=timezone.now() + timedelta(milliseconds=900))
    do_hints()
    assert [Attempt.objects.get().external_id] == list(cluster.tasks)


def test_a_hint_that_comes_after_the_job_was_cancelled_asks_nothing(cluster: Cluster, alice: User) -> None:
    uploaded_video(alice)
    attempt = Attempt.objects.get()
    lose_hints()
    job_cancel(job_id=attempt.job_id, by="alice")
    lose_hints()
    start_machine(attempt_id=attempt.pk)
    assert cluster.calls == []


def test_a_hint_to_stop_what_goes_on_stops_nothing(cluster: Cluster, attempt: Attempt) -> None:
    stop_machine(attempt_id=attempt.pk)
    assert len(cluster.alive) == 1


@pytest.mark.parametrize("hint", [start_machine, stop_machine])
def test_a_hint_for_an_attempt_that_is_gone_does_nothing(cluster: Cluster, hint: object) -> None:
    assert callable(hint)
    hint(attempt_id=123456)
    assert cluster.calls == []


def test_a_stop_that_ecs_refuses_is_tried_again_by_the_sweep(cluster: Cluster, attempt: Attempt) -> None:
    cluster.faults["StopTask"] = [Refusal("ThrottlingException", "Rate exceeded")] * 2
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    assert len(cluster.alive) == 1
    sweep(seconds=131)
    assert cluster.alive == []
