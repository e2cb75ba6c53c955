"""What an operator reads of launchers and machines."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import launched, uploaded_video
from tests.transcoding.admin.conftest import ARN, LIST, page_of
from transcoding.admin.console import console_url
from transcoding.models import Attempt

pytestmark = pytest.mark.usefixtures("redis")


def list_of(browser: Client) -> str:
    return browser.get(LIST).content.decode()


def long_ago(**seconds: float) -> dict[str, object]:
    """Return moments so many seconds ago, between two whole seconds of age."""
    return {name: timezone.now() - timedelta(seconds=ago + 0.3) for name, ago in seconds.items()}


def test_the_list_shows_the_state_of_a_machine_and_how_long_it_has_it(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(**long_ago(launched_at=80, machine_changed_at=12))

    assert "ecs · PROVISIONING 12 s" in list_of(admins)


def test_the_list_shows_how_long_ecs_has_given_no_task(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(external_id="", machine_status="", **long_ago(launched_at=80))

    assert "ecs · WAITING 1 min 20 s" in list_of(admins)


@pytest.mark.parametrize(
    ("note", "text"),
    [
        ("", ">celery<"),
        ("fell back to Celery: RESOURCE:CPU", "celery (fell back: RESOURCE:CPU)"),
        ("given to Celery: the source is small", "celery (given: the source is small)"),
    ],
)
def test_the_list_shows_why_celery_has_a_job(admins: Client, alice: User, note: str, text: str) -> None:
    launched(uploaded_video(alice))
    Attempt.objects.update(launch_note=note)

    assert text in list_of(admins)


def test_the_list_shows_no_state_of_a_machine_that_is_over(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(status="LOST")

    assert ">ecs<" in list_of(admins)


def test_the_list_shows_the_newest_attempt(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(status="LOST")
    Attempt.objects.create(job=on_ecs.job, number=2, launcher="celery")

    assert ">celery<" in list_of(admins)


def test_the_page_shows_the_task_its_state_and_its_size(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(**long_ago(machine_changed_at=12))
    page = page_of(admins, on_ecs.job)

    for text in (ARN, "PROVISIONING for 12 s", "2 vCPU, 4096 MiB", console_url(ARN)):
        assert text.replace("&", "&amp;") in page


def test_the_page_shows_what_a_launch_waits_for(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(external_id="", machine_status="", launch_note="waiting for capacity: RESOURCE:CPU")
    page = page_of(admins, on_ecs.job)

    assert "waiting for capacity: RESOURCE:CPU" in page
    assert "WAITING for 0 s" in page


def test_an_attempt_that_ended_without_a_task_waits_no_longer(admins: Client, on_ecs: Attempt) -> None:
    Attempt.objects.update(external_id="", machine_status="", status="CANCELLED")

    assert "WAITING" not in page_of(admins, on_ecs.job)


def test_the_id_of_a_celery_task_leads_nowhere(admins: Client, alice: User) -> None:
    attempt = launched(uploaded_video(alice))
    Attempt.objects.update(external_id="0f3c<1>")
    page = page_of(admins, attempt.job)

    assert "0f3c&lt;1&gt;" in page
    assert "AWS console" not in page


@pytest.mark.parametrize(
    ("partition", "region", "host"),
    [
        ("aws", "us-east-1", "us-east-1.console.aws.amazon.com"),
        ("aws-cn", "cn-north-1", "console.amazonaws.cn"),
        ("aws-us-gov", "us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_each_partition_has_its_own_console(partition: str, region: str, host: str) -> None:
    arn = f"arn:{partition}:ecs:{region}:123456789012:task/films/0a1b"

    assert console_url(arn) == f"https://{host}/ecs/v2/clusters/films/tasks/0a1b/configuration?region={region}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0f3c2a1b-0000-4000-8000-000000000000",
        "arn:aws:ecs:us-east-1:123456789012:task/0a1b",
        "arn:aws-iso:ecs:us-iso-east-1:123456789012:task/films/0a1b",
        "arn:aws:ecs:us-east-1:123456789012:task/films/0a1b\n",
        "arn:aws:ecs:us-east-1/@evil.example/:123456789012:task/films/0a1b",
        "arn:aws:ecs:us-east-1:123456789012:task/films/../0a1b",
    ],
)
def test_what_is_no_arn_of_a_task_in_a_cluster_gets_no_link(text: str) -> None:
    assert console_url(text) == ""
