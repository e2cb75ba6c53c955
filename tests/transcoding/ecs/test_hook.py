"""EventBridge tells how tasks are: who may, what is refused, and what comes of it."""

import json
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from pytest_django.fixtures import Settings

from tests.transcoding.ecs.conftest import SECRET
from transcoding.ecs import events
from transcoding.models import Attempt

KIB = 1024


def event(arn: str, status: str, version: int, **detail: Any) -> dict[str, Any]:
    """Return an event as EventBridge sends it."""
    return {
        "version": "0",
        "id": "3317b2af-7005-947d-b652-f55e762e571a",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": "123456789012",
        "time": "2026-11-22T17:57:58Z",
        "region": "eu-central-1",
        "resources": [arn],
        "detail": {
            "clusterArn": "arn:aws:ecs:eu-central-1:123456789012:cluster/films",
            "containers": [{"name": "transcoder", "lastStatus": status, "taskArn": arn}],
            "cpu": "1024", "memory": "2048", "desiredStatus": "RUNNING", "group": "family:transcoder",
            "lastStatus": status, "launchType": "FARGATE", "taskArn": arn, "version": version, **detail,
        },
    }  # fmt: skip


def deliver(body: Any, *, secret: str | None = SECRET) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body)
    headers = {} if secret is None else {"X-Api-Key": secret}
    return Client(enforce_csrf_checks=True).post(
        "/hooks/ecs/", content, content_type="application/json", headers=headers
    )


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message"}


def test_an_event_moves_the_machine_of_its_attempt(attempt: Attempt) -> None:
    answer = deliver(event(attempt.external_id, "PENDING", 2))
    attempt.refresh_from_db()
    assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    assert (attempt.machine_status, attempt.machine_version) == ("PENDING", 2)


def test_an_event_that_comes_again_changes_nothing(attempt: Attempt) -> None:
    body = event(attempt.external_id, "PENDING", 2)
    assert [deliver(body).json() for _ in range(3)] == [{"taken": 1}, {"repeated": 1}, {"repeated": 1}]


def test_an_event_that_comes_late_changes_nothing(attempt: Attempt) -> None:
    deliver(event(attempt.external_id, "RUNNING", 4))
    assert deliver(event(attempt.external_id, "PENDING", 3)).json() == {"repeated": 1}
    attempt.refresh_from_db()
    assert attempt.machine_status == "RUNNING"


def test_a_stopped_task_ends_its_attempt(attempt: Attempt) -> None:
    deliver(event(attempt.external_id, "STOPPED", 9, stopCode="SpotInterruption", stoppedReason="Your Spot Task"))
    attempt.refresh_from_db()
    assert (attempt.status, attempt.end_reason) == ("LOST", "platform.interrupted: SpotInterruption: Your Spot Task")


def test_tasks_of_others_are_none_of_ours(attempt: Attempt) -> None:
    assert deliver(event("arn:aws:ecs:eu-central-1:123456789012:task/films/other", "STOPPED", 9)).json() == {
        "unknown": 1
    }
    attempt.refresh_from_db()
    assert attempt.status == "LAUNCHED"


def test_an_event_of_an_attempt_that_fell_back_is_none_of_celerys(attempt: Attempt) -> None:
    Attempt.objects.update(launcher="celery")
    assert deliver(event(attempt.external_id, "STOPPED", 9)).json() == {"unknown": 1}


def test_other_events_of_ecs_do_no_harm(db: None) -> None:
    other = event("arn:x", "RUNNING", 1) | {"detail-type": "ECS Container Instance State Change"}
    assert deliver(other).json() == {"ignored": 1}


@pytest.mark.parametrize("secret", [None, "", "guessed", SECRET + " ", SECRET[:-1], "ключ"])
@pytest.mark.parametrize("body", [b"not JSON", {}])
def test_whoever_knows_no_secret_is_refused_before_the_body_is_read(secret: str | None, body: Any) -> None:
    assert_refused(deliver(body, secret=secret), 403, "hook.wrong-secret")


@pytest.mark.parametrize("secrets", [[], [""]])
@pytest.mark.parametrize("secret", [None, ""])
def test_a_site_without_secrets_knows_nobody(settings: Settings, secrets: list[str], secret: str | None) -> None:
    settings.ECS_EVENT_SECRETS = secrets
    assert_refused(deliver({}, secret=secret), 403, "hook.wrong-secret")


@pytest.mark.parametrize("secret", ["old", "new"])
def test_while_a_secret_is_changed_both_are_good(db: None, settings: Settings, secret: str) -> None:
    settings.ECS_EVENT_SECRETS = ["new", "old"]
    assert deliver(event("arn:x", "RUNNING", 1), secret=secret).status_code == 200


@pytest.mark.parametrize("body", [b"", b"not JSON", b"\xff\xfe", b"[" * 100_000, b"9" * 5000])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    assert_refused(deliver(body), 400, "hook.not-json")


@pytest.mark.parametrize(
    "body",
    [
        [], None, {}, {"source": "aws.s3"}, event("", "RUNNING", 1), event("arn:x", "", 1),
        event("arn:x", "RUNNING", 1) | {"detail": None}, event("arn:x", "RUNNING", 1) | {"detail": [1]},
    ],
)  # fmt: skip
def test_what_is_no_event_of_a_task_is_refused(body: Any) -> None:
    assert_refused(deliver(body), 400, "hook.not-an-event")


@pytest.mark.parametrize("arn", ["arn:\x00", "arn:\ud800"])
def test_an_address_that_no_database_takes_is_refused(db: None, arn: str) -> None:
    assert_refused(deliver(event(arn, "RUNNING", 1)), 400, "hook.not-an-event")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posting_is_allowed(method: str) -> None:
    answer = getattr(Client(), method)("/hooks/ecs/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_body_that_is_too_large_is_refused() -> None:
    assert_refused(deliver(b" " * (256 * KIB + 1)), 413, "hook.too-large")


def test_a_database_that_fails_has_the_event_delivered_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(seen: object) -> None:
        raise DatabaseError("away")

    monkeypatch.setattr(events, "task_seen", fail)
    assert_refused(deliver(event("arn:x", "RUNNING", 1)), 503, "hook.failed")
