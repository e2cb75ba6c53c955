"""What an operator reads of jobs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import uploaded_video
from tests.transcoding.admin.conftest import LIST, page_of
from transcoding.models import Attempt, Job
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")

MaxQueries = Callable[..., Any]


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
    assert "nothing so far" in page_of(admins, Job.objects.get(video=uploaded_video(alice)))


def test_the_page_of_a_job_shows_its_attempts_and_events(admins: Client, job: Job) -> None:
    page = page_of(admins, job)

    assert "platform.worker-lost: Gone." in page
    assert "attempt 1 started" in page


def test_what_a_transcoder_wrote_is_shown_as_text(admins: Client, job: Job) -> None:
    page = page_of(admins, job)

    assert "&lt;b&gt;oh&lt;/b&gt;" in page
    assert "<b>oh</b>" not in page


def test_the_facts_of_a_job_cannot_be_saved(admins: Client, job: Job) -> None:
    assert 'name="_save"' not in page_of(admins, job)
    assert admins.post(f"{LIST}{job.pk}/change/", {"status": "SUCCEEDED"}).status_code == 403


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_jobs_are_neither_added_nor_deleted_by_hand(admins: Client, job: Job, path: str) -> None:
    assert admins.get(LIST + path.format(pk=job.pk)).status_code == 403


def test_the_list_costs_the_same_for_many_jobs(
    admins: Client, alice: User, django_assert_max_num_queries: MaxQueries
) -> None:
    for n in range(30):
        video = Video.objects.create(owner=alice, title=f"v{n}", size_bytes=1, source_key=f"sources/{n}/source")
        job = Job.objects.create(video=video, status="FAILED")
        for number in (1, 2):
            Attempt.objects.create(job=job, number=number, launcher="ecs", status="FAILED")

    with django_assert_max_num_queries(12):
        admins.get(LIST)
