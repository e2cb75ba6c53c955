"""What videos have cost so far."""

from decimal import Decimal
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from tests.transcoding.costs.conftest import Finished
from transcoding.costs import Total, total_of_video, totals_of
from transcoding.models import Attempt, Job

pytestmark = pytest.mark.django_db


def test_the_attempts_of_all_jobs_of_a_video_are_added_up(finished: Finished) -> None:
    first = finished(vcpu_seconds=100.0, cost=Decimal("0.1"), cost_currency="USD")
    again = Job.objects.create(video=first.job.video, number=2, status="RUNNING")
    Attempt.objects.create(
        job=again, number=1, status="LOST", vcpu_seconds=50.5, cost=Decimal("0.2"), cost_currency="USD"
    )
    Attempt.objects.create(job=again, number=2, status="RUNNING")
    total = total_of_video(first.job.video_id)
    assert total == Total(amount=Decimal("0.300000"), currency="USD", vcpu_seconds=150.5, attempts=3)
    assert str(total.amount) == "0.300000"


def test_attempts_without_a_price_add_their_time_alone(finished: Finished) -> None:
    attempt = finished(vcpu_seconds=100.0)
    assert total_of_video(attempt.job.video_id) == Total(amount=None, currency="USD", vcpu_seconds=100.0, attempts=1)


def test_two_currencies_are_not_added_up(finished: Finished) -> None:
    first = finished(vcpu_seconds=100.0, cost=Decimal(1), cost_currency="USD")
    Attempt.objects.create(
        job=first.job, number=2, status="LOST", vcpu_seconds=1.0, cost=Decimal(1), cost_currency="EUR"
    )
    total = total_of_video(first.job.video_id)
    assert (total.amount, total.vcpu_seconds, total.attempts) == (None, 101.0, 2)


def test_what_was_paid_in_another_currency_than_todays_stays_in_it(finished: Finished) -> None:
    attempt = finished(cost=Decimal(1), cost_currency="EUR")
    total = total_of_video(attempt.job.video_id)
    assert (total.amount, total.currency) == (Decimal(1), "EUR")


def test_every_video_is_answered_in_one_query(
    finished: Finished, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = [finished(cost=Decimal(n), cost_currency="USD").job.video_id for n in (1, 2, 3)]
    nobodys = uuid4()
    with django_assert_num_queries(1):
        totals = totals_of([*ids, nobodys])
    assert [totals[video_id].amount for video_id in ids] == [1, 2, 3]
    assert totals[nobodys] == Total(amount=None, currency="USD", vcpu_seconds=0.0, attempts=0)
