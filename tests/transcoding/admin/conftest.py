"""An operator at their pages, and jobs to look at."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import first_report, launched, running, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import attempt_end
from transcoding.states import AttemptStatus

LIST = "/admin/transcoding/job/"
ARN = "arn:aws:ecs:eu-central-1:123456789012:task/films/0123456789abcdef0123456789abcdef"


@pytest.fixture
def admins(admin: User) -> Client:
    """A browser in which the operator is signed in."""
    browser = Client()
    browser.force_login(admin)
    return browser


@pytest.fixture
def job(alice: User, redis: None) -> Job:
    """A job that has lost an attempt and is queued again."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Gone.", log_tail="<b>oh</b>"
    )  # fmt: skip
    return attempt.job


@pytest.fixture
def on_ecs(alice: User, redis: None) -> Attempt:
    """An attempt whose ECS task is being provisioned."""
    attempt = launched(uploaded_video(alice))
    machine = {"machine_status": "PROVISIONING", "machine_cpu": 2048, "machine_memory_mib": 4096}
    Attempt.objects.filter(pk=attempt.pk).update(launcher="ecs", external_id=ARN, **machine)
    attempt.refresh_from_db()
    return attempt


def page_of(browser: Client, job: Job) -> str:
    """Return the page of a job."""
    answer = browser.get(f"{LIST}{job.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def choose(browser: Client, action: str, *jobs: Job, **more: str) -> Any:
    """Choose jobs and what to do: what comes is the question whether to."""
    chosen = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return browser.post(LIST, {**chosen, **more}, follow=True)


def act(browser: Client, action: str, *jobs: Job) -> Any:
    """Choose, and say yes to the question."""
    return choose(browser, action, *jobs, confirmed="yes")
