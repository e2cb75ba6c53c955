"""What a video has cost: for operators, and for nobody else."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import running, uploaded_video
from transcoding.models import Attempt
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")


@pytest.fixture
def video(alice: User) -> Video:
    """A video of Alice's that everyone may watch, with one attempt that has been paid."""
    attempt = running(uploaded_video(alice))
    Attempt.objects.update(cost=Decimal("0.012345"), cost_currency="USD", vcpu_seconds=240)
    Video.objects.update(visibility="public")
    return attempt.job.video


@pytest.fixture
def admins(admin: User) -> Client:
    """A browser in which the operator is signed in."""
    browser = Client()
    browser.force_login(admin)
    return browser


def cost_in(browser: Client, video: Video) -> Any:
    return browser.get(f"/api/videos/{video.pk}").json()["cost"]


def test_an_operator_is_told_the_cost(admins: Client, video: Video) -> None:
    cost = cost_in(admins, video)

    assert (Decimal(cost["amount"]), cost["currency"]) == (Decimal("0.012345"), "USD")


def test_a_video_that_was_not_priced_has_no_cost(admins: Client, video: Video) -> None:
    Attempt.objects.update(cost=None, cost_currency="")

    assert cost_in(admins, video) is None


def test_nobody_else_is_told(alices: Client, bobs: Client, video: Video) -> None:
    assert [cost_in(browser, video) for browser in (alices, bobs, Client())] == [None, None, None]
    assert alices.get("/api/videos").json()["items"][0]["cost"] is None


def test_the_watch_page_has_a_place_for_it_for_operators_alone(
    admins: Client, alices: Client, bobs: Client, video: Video
) -> None:
    pages = [browser.get(f"/videos/{video.pk}/").content.decode() for browser in (admins, alices, bobs)]

    assert ["data-cost" in page for page in pages] == [True, False, False]
    assert ["data-progress-panel" in page for page in pages] == [True, True, False]
    assert ["data-delete" in page for page in pages] == [False, True, False]


def test_the_costs_of_many_videos_take_one_query(admins: Client, admin: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            admins.get("/api/videos")
        return len(seen)

    running(uploaded_video(admin, name="0.mp4"))
    few = queries()
    for n in range(1, 5):
        running(uploaded_video(admin, name=f"{n}.mp4"))

    assert queries() == few
