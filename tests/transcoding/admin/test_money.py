"""What an operator reads of costs."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import uploaded_video
from tests.transcoding.admin.conftest import page_of
from transcoding.admin.money import total_of
from transcoding.costs import estimate_of, money, total_of_video
from transcoding.models import Attempt, Job

pytestmark = pytest.mark.usefixtures("redis")

SPENT: dict[str, Any] = {"cpu_seconds": 41.2, "peak_memory_mib": 512, "vcpu_seconds": 240.0, "cost_currency": "USD"}


@pytest.fixture
def paid(on_ecs: Attempt) -> Attempt:
    """An attempt that is over and paid, after an earlier job of the same video."""
    now = timezone.now()
    facts = {**SPENT, "cost": Decimal("0.0123"), "started_at": now - timedelta(seconds=80), "ended_at": now}
    Attempt.objects.update(status="SUCCEEDED", **facts)
    Job.objects.update(status="SUCCEEDED", number=2)
    earlier = Job.objects.create(video=on_ecs.job.video, number=1, status="FAILED")
    Attempt.objects.create(job=earlier, number=1, status="FAILED", launcher="ecs", cost=Decimal("0.02"), **SPENT)
    on_ecs.refresh_from_db()
    return on_ecs


def test_the_page_shows_what_an_attempt_used_and_cost(admins: Client, paid: Attempt) -> None:
    page = page_of(admins, paid.job)

    for text in ("0.0123 USD", "240.0", "41.2", "512 MiB", "1 min 20 s"):
        assert f'<div class="readonly">{text}</div>' in page


def test_the_page_shows_the_cost_of_the_job_and_of_its_video(admins: Client, paid: Attempt) -> None:
    page = page_of(admins, paid.job)

    assert "0.0123 USD (240 vCPU-seconds in 1 attempt)" in page
    assert "0.0323 USD (480 vCPU-seconds in 2 attempts)" in page


def test_the_page_of_the_video_shows_its_cost_and_leads_to_its_jobs(admins: Client, paid: Attempt) -> None:
    page = admins.get(f"/admin/uploads/video/{paid.job.video_id}/change/").content.decode()

    assert "0.0323 USD (480 vCPU-seconds in 2 attempts)" in page
    assert f'href="/admin/transcoding/job/?q={paid.job.video_id}"' in page


@pytest.mark.parametrize(
    ("costs", "amount"),
    [
        ([], None),
        ([(None, "")], None),
        ([("0.01", "EUR"), (None, ""), ("0.02", "EUR")], Decimal("0.03")),
        ([("0.01", "EUR"), ("0.02", "USD")], None),
    ],
)
def test_a_job_is_added_up_as_its_video_is(
    alice: User, costs: list[tuple[str | None, str]], amount: Decimal | None
) -> None:
    job = Job.objects.get(video=uploaded_video(alice))
    for number, (cost, currency) in enumerate(costs, 1):
        facts = {"cost": cost, "cost_currency": currency, "vcpu_seconds": 60.5, "status": "FAILED"}
        Attempt.objects.create(job=job, number=number, launcher="ecs", **facts)
    total = total_of(list(job.attempts.all()))

    assert total == total_of_video(job.video_id)
    assert total.amount == amount


def test_a_job_ahead_of_its_run_shows_what_that_will_cost(admins: Client, alice: User, settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = Decimal("3600")
    video = uploaded_video(alice, content=b"x" * 9000)
    estimate = estimate_of(video)
    assert estimate is not None
    page = page_of(admins, Job.objects.get())

    assert f"about {money(estimate.amount, 'USD')} ({estimate.basis})" in page


def test_a_run_without_a_price_has_no_estimate(admins: Client, alice: User) -> None:
    uploaded_video(alice)

    assert "not priced" in page_of(admins, Job.objects.get())


def test_a_job_that_runs_is_not_estimated(admins: Client, paid: Attempt, settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = Decimal("3600")

    assert "about" not in page_of(admins, paid.job)
