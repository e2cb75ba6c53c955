"""What is wrong with the settings of ECS is said before anything starts."""

import pytest
from pytest_django.fixtures import Settings

from transcoding.checks import ecs_settings_make_sense


@pytest.fixture(autouse=True)
def complete(settings: Settings) -> None:
    """A store that tasks can read."""
    settings.STORE = "s3"


def found() -> list[tuple[str | None, str]]:
    return [(message.id, message.msg) for message in ecs_settings_make_sense(None)]


def test_complete_settings_pass() -> None:
    assert found() == []


@pytest.mark.parametrize("name", ["ECS_CLUSTER", "ECS_TASK_DEFINITION"])
def test_a_name_that_is_missing_is_asked_for(settings: Settings, name: str) -> None:
    setattr(settings, name, "")
    assert found() == [("transcoding.E001", f"{name} is not set, and LAUNCHER=ecs needs it.")]


def test_without_ecs_nothing_is_asked_for(settings: Settings) -> None:
    settings.LAUNCHER, settings.ECS_CLUSTER, settings.STORE = "celery", "", "local"
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ECS_LAUNCH_TYPE", "fargate", "E002"),
        ("ECS_CAPACITY_PROVIDERS", ["FARGATE_SPOT:lots", "FARGATE"], "E003"),
        ("ECS_SUBNETS", [], "E004"),
        ("ECS_SUBNETS", [""], "E004"),
        ("ECS_FALLBACK_SECONDS", -1, "E005"),
        ("ECS_CELERY_MAX_BYTES", -1, "E005"),
        ("ECS_EVENT_SECRETS", ["short"], "E006"),
        ("REPORT_URL", "http://127.0.0.1:8000", "W001"),
        ("STORE", "local", "W002"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings: Settings, name: str, value: object, code: str) -> None:
    setattr(settings, name, value)
    [(identity, message)] = found()
    assert identity == f"transcoding.{code}"
    assert all(check.hint for check in ecs_settings_make_sense(None))
    assert message.endswith(".")


def test_machines_of_ones_own_need_no_subnets(settings: Settings) -> None:
    settings.ECS_SUBNETS, settings.ECS_LAUNCH_TYPE = [], "EC2"
    assert found() == []
