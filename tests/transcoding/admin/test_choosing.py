"""Which jobs something can be done to, and to how many at once."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.transcoding.admin.conftest import LIST, act, choose, page_of
from transcoding.admin.deeds import MOST_AT_ONCE
from transcoding.models import Job
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")


def failed(owner: User, count: int) -> list[Job]:
    """Return jobs that may be tried again, each of a video of its own."""
    facts = {"owner": owner, "size_bytes": 1000, "upload_status": "UPLOADED", "source_etag": "etag"}
    videos = [Video(title=f"v{n}", source_key=f"sources/{n}/source", **facts) for n in range(count)]
    return Job.objects.bulk_create(Job(video=video, status="FAILED") for video in Video.objects.bulk_create(videos))


def choose_all(browser: Client) -> str:
    """Choose every job of the list, on this page of it and on the others, and return what comes."""
    some = [str(pk) for pk in Job.objects.values_list("pk", flat=True)[:100]]
    chosen = {"action": "retry", "_selected_action": some, "select_across": "1"}
    return browser.post(LIST, chosen, follow=True).content.decode()


def test_all_pages_of_the_list_can_be_chosen_at_once(admins: Client, alice: User) -> None:
    failed(alice, 150)

    assert choose_all(admins).count('name="_selected_action"') == 150


def test_as_many_as_a_form_may_hold_can_be_chosen(admins: Client, alice: User) -> None:
    jobs = failed(alice, MOST_AT_ONCE)

    assert choose_all(admins).count('name="_selected_action"') == MOST_AT_ONCE
    Job.objects.update(status="SUCCEEDED")  # so that the answer is quick
    assert act(admins, "retry", *jobs).status_code == 200


def test_more_are_refused_with_their_number(admins: Client, alice: User) -> None:
    failed(alice, MOST_AT_ONCE + 1)

    assert f"Choose {MOST_AT_ONCE} jobs at most: these are {MOST_AT_ONCE + 1}." in choose_all(admins)


@pytest.mark.parametrize("newer", ["FAILED", "RUNNING", "SUCCEEDED"])
def test_a_job_that_has_a_newer_one_is_not_tried_again(
    admins: Client, alice: User, settings: Settings, newer: str
) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = Decimal("3600")
    (old,) = failed(alice, 1)
    Job.objects.create(video=old.video, number=2, status=newer)
    page = page_of(admins, old)
    question = choose(admins, "retry", old).content.decode()

    assert "Try again…" not in page
    assert "about" not in page
    assert 'name="confirmed"' not in question
    assert "the video has a newer job" in question


def test_the_job_of_another_video_takes_no_ones_place(admins: Client, alice: User) -> None:
    job, other = failed(alice, 2)
    Job.objects.filter(pk=other.pk).update(number=2)

    assert "Try again…" in page_of(admins, job)
