"""What an operator sees and does."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from tests.factories import first_report, running, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import attempt_end, job_cancel
from transcoding.states import AttemptStatus
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")

LIST = "/admin/transcoding/job/"
MaxQueries = Callable[..., Any]


@pytest.fixture
def admins(admin: User) -> Client:
    """A browser in which the operator is signed in."""
    browser = Client()
    browser.force_login(admin)
    return browser


@pytest.fixture
def job(alice: User) -> Job:
    """A job that has lost an attempt and runs again."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Gone.", log_tail="<b>oh</b>"
    )  # fmt: skip
    return attempt.job


def act(browser: Client, action: str, *jobs: Job) -> Any:
    chosen = {"action": action, "_selected_action": [str(job.pk) for job in jobs]}
    return browser.post(LIST, chosen, follow=True)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "transcoding/job/",
        "transcoding/job/?status__exact=RUNNING&q=alice",
        "transcoding/job/?o=5",
        "uploads/video/",
        "progress/connection/",
    ],
)
def test_the_pages_render(admins: Client, job: Job, path: str) -> None:
    assert admins.get(f"/admin/{path}").status_code == 200


def test_the_page_of_a_job_that_nobody_began_renders(admins: Client, alice: User) -> None:
    waiting = Job.objects.get(video=uploaded_video(alice))
    assert admins.get(f"{LIST}{waiting.pk}/change/").status_code == 200


def test_the_page_of_a_job_shows_its_attempts_and_events(admins: Client, job: Job) -> None:
    page = admins.get(f"{LIST}{job.pk}/change/").content.decode()

    assert "platform.worker-lost: Gone." in page
    assert "attempt 1 started" in page


def test_what_a_transcoder_wrote_is_shown_as_text(admins: Client, job: Job) -> None:
    page = admins.get(f"{LIST}{job.pk}/change/").content.decode()

    assert "&lt;b&gt;oh&lt;/b&gt;" in page
    assert "<b>oh</b>" not in page


def test_the_facts_of_a_job_cannot_be_saved(admins: Client, job: Job) -> None:
    page = admins.get(f"{LIST}{job.pk}/change/").content.decode()

    assert 'name="_save"' not in page
    assert admins.post(f"{LIST}{job.pk}/change/", {"status": "SUCCEEDED"}).status_code == 403


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_jobs_are_neither_added_nor_deleted_by_hand(admins: Client, job: Job, path: str) -> None:
    assert admins.get(LIST + path.format(pk=job.pk)).status_code == 403


def test_an_operator_cancels_a_job(admins: Client, job: Job) -> None:
    act(admins, "cancel", job)

    job.refresh_from_db()
    assert job.status == "CANCELLED"
    assert LogEntry.objects.get().change_message == "Cancelled"


def test_an_operator_retries_a_job(admins: Client, job: Job) -> None:
    job_cancel(job_id=job.pk, by="alice")
    act(admins, "retry", job)

    assert Job.objects.filter(video=job.video, status="QUEUED").count() == 1
    assert LogEntry.objects.get().object_id == str(job.pk)


def test_a_retry_pressed_twice_makes_one_job_and_says_so(admins: Client, job: Job) -> None:
    job_cancel(job_id=job.pk, by="alice")
    act(admins, "retry", job)
    answer = act(admins, "retry", job)

    assert Job.objects.filter(video=job.video).count() == 2
    assert "can be tried again" in answer.content.decode()


def test_what_is_over_is_not_cancelled(admins: Client, job: Job) -> None:
    job_cancel(job_id=job.pk, by="alice")
    answer = act(admins, "cancel", job)

    assert "it is over already" in answer.content.decode()
    assert not LogEntry.objects.exists()


def test_following_a_link_does_nothing(admins: Client, job: Job) -> None:
    admins.get(LIST, {"action": "cancel", "_selected_action": str(job.pk)})

    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


def test_a_foreign_page_cannot_press_the_button(admin: User, job: Job) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)

    assert act(browser, "cancel", job).status_code == 403
    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


def test_who_may_only_look_is_offered_no_action(bob: User, bobs: Client, job: Job) -> None:
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    act(bobs, "cancel", job)

    assert bobs.get(LIST).status_code == 200
    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


def test_the_list_costs_the_same_for_many_jobs(
    admins: Client, alice: User, django_assert_max_num_queries: MaxQueries
) -> None:
    for n in range(30):
        video = Video.objects.create(owner=alice, title=f"v{n}", size_bytes=1, source_key=f"sources/{n}/source")
        job = Job.objects.create(video=video, status="FAILED")
        Attempt.objects.create(job=job, number=1, launcher="celery", status="FAILED")

    with django_assert_max_num_queries(12):
        admins.get(LIST)
