"""ECS cannot: the same attempt goes to Celery, once, and says why."""

import socket
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta

import pytest
from celery import current_app
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.environment import free_port
from tests.factories import uploaded_video
from tests.transcoding.ecs.cluster import ARN, Cluster, LostAnswer, Refusal, Silence
from tests.transcoding.ecs.conftest import Hints, do_hints, sweep, upload
from transcoding.ecs import silence
from transcoding.models import Attempt, Job, JobEvent
from transcoding.services import attempt_start, job_cancel
from transcoding.sweeps import sweep_jobs
from uploads.stores import aws

pytestmark = pytest.mark.django_db(transaction=True)

THROTTLED = Refusal("ThrottlingException", "Rate exceeded")
WRONG_NETWORK = Refusal("InvalidParameterException", "The subnet ID 'subnet-9' does not exist")
NO_RIGHT = Refusal("AccessDeniedException", "not authorized to perform: ecs:RunTask")

NO_CLUSTER = Refusal("ClusterNotFoundException", "Cluster not found.")


def wait_out(attempt: Attempt, settings: Settings) -> Attempt:
    """Let so much time pass that ECS has had its chance, and the sweep come a few times."""
    past = timezone.now() - timedelta(seconds=settings.ECS_FALLBACK_SECONDS)
    Attempt.objects.filter(pk=attempt.pk).update(launched_at=past, launch_again_at=timezone.now())
    for _ in range(3):
        sweep()
    attempt.refresh_from_db()
    return attempt


def assert_celery_has(attempt: Attempt, hints: Hints, reason: str) -> None:
    assert (attempt.number, attempt.status, attempt.launcher) == (1, "LAUNCHED", "celery")
    assert attempt.launch_note.startswith(f"fell back to Celery: {reason}")
    assert JobEvent.objects.filter(job=attempt.job, reason__startswith=attempt.launch_note).count() == 1
    [hint] = hints()
    assert hint["headers"]["id"] == attempt.external_id


def test_no_capacity_for_long_is_celerys_chance(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    attempt = upload(alice)
    assert hints() == []
    assert_celery_has(wait_out(attempt, settings), hints, "RESOURCE:CPU")


def test_throttling_for_long_is_celerys_chance(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.faults["RunTask"] = [THROTTLED] * 20
    attempt = upload(alice)
    assert attempt.launch_note == "waiting for ECS to take more calls: ThrottlingException: Rate exceeded"
    assert_celery_has(wait_out(attempt, settings), hints, "ThrottlingException")


@pytest.mark.parametrize("refusal", [WRONG_NETWORK, NO_RIGHT, NO_CLUSTER])
def test_what_no_waiting_mends_goes_to_celery_at_once(
    cluster: Cluster, hints: Hints, alice: User, refusal: Refusal
) -> None:
    cluster.faults["RunTask"] = [refusal]
    attempt = upload(alice)
    assert_celery_has(attempt, hints, f"{refusal.code}: {refusal.message}")


def test_no_credentials_go_to_celery_at_once(
    cluster: Cluster, hints: Hints, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    aws.forget_clients()
    attempt = upload(alice)
    assert_celery_has(attempt, hints, "NoCredentialsError")


def test_credentials_that_cannot_be_read_go_to_celery_at_once(
    cluster: Cluster, hints: Hints, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/site")
    monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nonexistent/token")
    aws.forget_clients()
    assert_celery_has(upload(alice), hints, "FileNotFoundError")


def test_answers_that_hold_nothing_are_celerys_chance(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.is_hollow = True
    attempt = upload(alice)
    assert attempt.launch_note == "waiting for capacity: ECS started no task, and gave no reason"
    assert_celery_has(wait_out(attempt, settings), hints, "ECS started no task")


def test_an_endpoint_where_nobody_listens_is_celerys_chance(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", f"http://127.0.0.1:{free_port()}")
    aws.forget_clients()
    attempt = upload(alice)
    assert attempt.launch_note.startswith("waiting for an answer of ECS: EndpointConnectionError")
    silence.forget()
    assert_celery_has(wait_out(attempt, settings), hints, "EndpointConnectionError")


def test_an_endpoint_that_is_no_address_goes_to_celery_at_once(
    cluster: Cluster, hints: Hints, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", "ecs.example.org:443")
    aws.forget_clients()
    assert_celery_has(upload(alice), hints, "ValueError: Invalid endpoint: ecs.example.org:443")


def test_without_patience_the_first_answer_that_is_no_task_is_celerys_chance(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    settings.ECS_FALLBACK_SECONDS = 0
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    assert_celery_has(upload(alice), hints, "RESOURCE:CPU")


def test_without_patience_a_task_is_a_task(cluster: Cluster, hints: Hints, alice: User, settings: Settings) -> None:
    settings.ECS_FALLBACK_SECONDS = 0
    attempt = upload(alice)
    assert (attempt.launcher, [attempt.external_id], hints()) == ("ecs", cluster.alive, [])


@pytest.fixture
def silent(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An endpoint that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", f"http://127.0.0.1:{server.getsockname()[1]}")
        aws.forget_clients()
        yield


def test_an_endpoint_that_never_answers_is_celerys_chance(
    silent: None, hints: Hints, alice: User, settings: Settings
) -> None:
    attempt = upload(alice)
    assert attempt.launch_note.startswith("waiting for an answer of ECS: ReadTimeoutError")
    silence.forget()
    assert_celery_has(wait_out(attempt, settings), hints, "ReadTimeoutError")


def test_while_ecs_is_left_alone_the_reason_is_still_what_it_did(
    silent: None, hints: Hints, alice: User, settings: Settings
) -> None:
    upload(alice)
    second = upload(alice, name="another.mp4")
    assert second.launch_note.startswith("waiting for an answer of ECS: ReadTimeoutError: ")
    assert_celery_has(wait_out(second, settings), hints, "ReadTimeoutError: ")


def test_an_endpoint_that_never_answers_holds_up_one_call_of_a_whole_sweep(
    cluster: Cluster, hints: Hints, alice: User, attempt: Attempt
) -> None:
    cluster.faults = defaultdict(lambda: [Silence()] * 1000)
    for _ in range(40):
        uploaded_video(alice, name="another.mp4")
    before = len(cluster.calls)
    # Nobody does the hints: it is all left to one sweep, which also has a task to look at.
    sweep_jobs(now=timezone.now() + timedelta(seconds=31))
    assert len(cluster.calls) - before == aws.ECS_TRIES
    waiting = Attempt.objects.exclude(pk=attempt.pk)
    assert waiting.filter(launcher="ecs", launch_note__startswith="waiting for an answer of ECS").count() == 40


def test_a_task_that_was_started_unheard_is_kept_instead_of_falling_back(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.faults["RunTask"] = [LostAnswer(), LostAnswer(), *[THROTTLED] * 20]
    attempt = upload(alice)
    silence.forget()
    wait_out(attempt, settings)
    assert (attempt.launcher, [attempt.external_id]) == ("ecs", cluster.alive)
    assert hints() == []


def test_the_tasks_of_another_site_in_the_same_cluster_are_not_taken_for_ones_own(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    other = {"taskArn": f"{ARN}/other", "startedBy": "another-site/1", "desiredStatus": "RUNNING"}
    cluster.tasks[other["taskArn"]] = other
    cluster.faults["RunTask"] = [WRONG_NETWORK]
    assert_celery_has(upload(alice), hints, "InvalidParameterException")
    assert len(cluster.called("ListTasks")) == 1
    assert cluster.called("StopTask") == []


def test_an_attempt_that_its_unheard_task_claims_meanwhile_does_not_fall_back(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.faults["RunTask"] = [LostAnswer(), LostAnswer()]
    attempt = upload(alice)
    assert attempt_start(job_id=attempt.job_id, number=1)
    wait_out(attempt, settings)
    assert (attempt.status, attempt.launcher, hints()) == ("RUNNING", "ecs", [])


def test_an_attempt_that_is_claimed_while_ecs_refuses_does_not_fall_back(
    cluster: Cluster, hints: Hints, alice: User
) -> None:
    cluster.faults["RunTask"], cluster.faults["ListTasks"] = [WRONG_NETWORK], [NO_RIGHT]
    cluster.meanwhile = lambda: attempt_start(job_id=Job.objects.get().pk, number=1)
    attempt = upload(alice)
    assert (attempt.status, attempt.launcher, hints()) == ("RUNNING", "ecs", [])


def test_a_job_that_is_cancelled_meanwhile_does_not_fall_back(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    attempt = upload(alice)
    job_cancel(job_id=attempt.job_id, by="alice")
    wait_out(attempt, settings)
    assert (attempt.status, attempt.launcher, hints()) == ("CANCELLED", "ecs", [])


def test_who_has_fallen_back_is_celerys_from_then_on(
    cluster: Cluster, hints: Hints, alice: User, settings: Settings
) -> None:
    cluster.faults["RunTask"] = [WRONG_NETWORK]
    attempt = upload(alice)
    sweep(seconds=100)
    assert len(cluster.called("RunTask")) == 1
    assert len(hints()) == 2
    assert Job.objects.get(pk=attempt.job_id).status == "LAUNCHED"


def test_a_fallback_while_the_broker_is_down_waits_for_the_broker(
    cluster: Cluster, hints: Hints, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.faults["RunTask"] = [WRONG_NETWORK]
    uploaded_video(alice)
    with monkeypatch.context() as down:
        down.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{free_port()}/0")
        do_hints()
    attempt = Attempt.objects.get()
    assert (attempt.launcher, hints()) == ("celery", [])
    sweep(seconds=30)
    assert len(hints()) == 1
