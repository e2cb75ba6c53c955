"""Trying again and cancelling: first the question, then the deed."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import uploaded_video
from tests.transcoding.admin.conftest import LIST, act, choose, page_of
from transcoding.costs import estimate_of, money
from transcoding.models import Job
from transcoding.services import job_cancel
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture(autouse=True)
def priced(settings: Settings) -> None:
    """A CPU hour of a Celery worker has a price."""
    settings.PRICE_CELERY_VCPU_HOUR = Decimal("3600")


@pytest.fixture
def cancelled(job: Job) -> Job:
    """A job that may be tried again."""
    job_cancel(job_id=job.pk, by="alice")
    job.refresh_from_db()
    return job


@pytest.fixture
def looker(bob: User) -> Client:
    """A browser of somebody who may look at jobs and no more."""
    User.objects.filter(pk=bob.pk).update(is_staff=True)
    bob.user_permissions.add(Permission.objects.get(codename="view_job"))
    browser = Client()
    browser.force_login(bob)
    return browser


def estimated(video: Video) -> str:
    estimate = estimate_of(video)
    assert estimate is not None
    return money(estimate.amount, estimate.currency)


def buttons(page: str) -> list[str]:
    return [verb for verb in ("Try again…", "Cancel…") if verb in page]


def test_choosing_alone_does_nothing(admins: Client, job: Job, cancelled: Job) -> None:
    choose(admins, "retry", cancelled)

    assert Job.objects.filter(video=job.video).count() == 1
    assert not LogEntry.objects.exists()


def test_the_question_tells_what_a_run_of_each_and_of_all_will_cost(admins: Client, alice: User) -> None:
    videos = [uploaded_video(alice, name="short.mp4"), uploaded_video(alice, name="long.mp4", content=b"x" * 9000)]
    jobs = [Job.objects.get(video=video) for video in videos]
    for job in jobs:
        job_cancel(job_id=job.pk, by="alice")
    page = choose(admins, "retry", *jobs).content.decode()
    amounts = [estimate.amount for video in videos if (estimate := estimate_of(video))]

    assert len(set(amounts)) == 2
    for text in (*(estimated(video) for video in videos), money(sum(amounts, start=Decimal()), "USD")):
        assert text in page


def test_without_a_price_the_question_says_so(admins: Client, cancelled: Job, settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = None

    assert "not priced" in choose(admins, "retry", cancelled).content.decode()


def test_saying_yes_to_the_question_does_it(admins: Client, cancelled: Job) -> None:
    question = choose(admins, "retry", cancelled).content.decode()
    for field in (str(cancelled.pk), 'name="action" value="retry"', 'name="confirmed" value="yes"'):
        assert field in question
    act(admins, "retry", cancelled)

    assert Job.objects.filter(video=cancelled.video, status="QUEUED").count() == 1
    assert LogEntry.objects.get().object_id == str(cancelled.pk)


def test_who_tries_one_job_again_comes_to_the_new_one(admins: Client, cancelled: Job) -> None:
    answer = act(admins, "retry", cancelled)

    new = Job.objects.get(video=cancelled.video, status="QUEUED")
    assert answer.redirect_chain[-1][0] == f"{LIST}{new.pk}/change/"


def test_who_does_it_to_several_comes_back_to_the_list(admins: Client, job: Job, alice: User) -> None:
    other = Job.objects.get(video=uploaded_video(alice, name="other.mp4"))
    answer = act(admins, "cancel", job, other)

    assert answer.redirect_chain[-1][0] == LIST
    assert set(Job.objects.values_list("status", flat=True)) == {"CANCELLED"}


def test_an_operator_cancels_a_job(admins: Client, job: Job) -> None:
    act(admins, "cancel", job)

    job.refresh_from_db()
    assert job.status == "CANCELLED"
    assert LogEntry.objects.get().change_message == "Cancelled"


def test_a_retry_pressed_twice_makes_one_job_and_says_so(admins: Client, cancelled: Job) -> None:
    act(admins, "retry", cancelled)
    answer = act(admins, "retry", cancelled)

    assert Job.objects.filter(video=cancelled.video).count() == 2
    assert "can be tried again" in answer.content.decode()


def test_what_is_over_is_not_cancelled(admins: Client, cancelled: Job) -> None:
    answer = act(admins, "cancel", cancelled)

    assert "It is over already" in answer.content.decode()
    assert not LogEntry.objects.exists()


def test_the_question_leaves_out_what_it_cannot_be_done_to(admins: Client, cancelled: Job, alice: User) -> None:
    live = Job.objects.get(video=uploaded_video(alice, name="live.mp4"))
    page = choose(admins, "cancel", cancelled, live).content.decode()

    assert "job 1 (CANCELLED)" in page
    assert f'value="{live.pk}"' in page
    assert f'value="{cancelled.pk}"' not in page


def test_there_is_no_question_where_nothing_can_be_done(admins: Client, cancelled: Job) -> None:
    assert 'name="confirmed"' not in choose(admins, "cancel", cancelled).content.decode()


def test_following_a_link_does_nothing(admins: Client, job: Job) -> None:
    admins.get(LIST, {"action": "cancel", "_selected_action": str(job.pk), "confirmed": "yes"})

    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


@pytest.mark.parametrize("step", [choose, act])
def test_a_foreign_page_cannot_press_the_button(admin: User, job: Job, step: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)

    assert step(browser, "cancel", job).status_code == 403
    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


def test_who_may_only_look_is_offered_no_action(looker: Client, job: Job) -> None:
    act(looker, "cancel", job)

    assert looker.get(LIST).status_code == 200
    assert Job.objects.get(pk=job.pk).status != "CANCELLED"


def test_the_page_of_a_job_offers_what_can_be_done_to_it(admins: Client, job: Job) -> None:
    assert buttons(page_of(admins, job)) == ["Cancel…"]
    job_cancel(job_id=job.pk, by="alice")
    assert buttons(page_of(admins, job)) == ["Try again…"]
    Job.objects.update(status="SUCCEEDED")
    assert buttons(page_of(admins, job)) == []


def test_who_may_only_look_finds_no_buttons(looker: Client, job: Job) -> None:
    assert buttons(page_of(looker, job)) == []


def test_the_question_takes_no_more_queries_for_more_jobs(
    admins: Client, alice: User, cancelled: Job, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with CaptureQueriesContext(connection) as of_one:
        choose(admins, "retry", cancelled)
    others = [Job.objects.get(video=uploaded_video(alice, name=f"{number}.mp4")) for number in range(3)]
    for other in others:
        job_cancel(job_id=other.pk, by="alice")
    with django_assert_num_queries(len(of_one)):
        choose(admins, "retry", cancelled, *others)
