"""When and how often what an attempt has cost is kept."""

from decimal import Decimal

from pytest_django.fixtures import Settings

from tests.factories import first_report, report_of
from tests.transcoding.reporting import READY
from transcoding.costs import record
from transcoding.models import Attempt
from transcoding.reports import report_record
from transcoding.schemas import ReportIn
from transcoding.services import attempt_end, job_cancel, job_reject
from transcoding.states import AttemptStatus

USED = {"cpuSeconds": 100.0, "peakMemoryMib": 640}
COST = Decimal("0.001")
"""Of a hundred seconds, at 0.036 for an hour."""


def tell(attempt: Attempt, report: ReportIn) -> Attempt:
    report_record(job_id=attempt.job_id, attempt_number=attempt.number, report=report)
    attempt.refresh_from_db()
    return attempt


def test_an_attempt_that_succeeds_has_its_cost(attempt: Attempt) -> None:
    tell(attempt, first_report(attempt))
    tell(attempt, report_of(attempt, status="SUCCEEDED", renditions=READY, **USED))
    assert (attempt.vcpu_seconds, attempt.peak_memory_mib) == (100.0, 640)
    assert (attempt.cost, attempt.cost_currency) == (COST, "USD")


def test_so_has_one_that_fails(attempt: Attempt) -> None:
    tell(attempt, report_of(attempt, **USED))
    attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="It went.")
    attempt.refresh_from_db()
    assert attempt.cost == COST


def test_so_has_one_whose_source_is_refused(attempt: Attempt) -> None:
    tell(attempt, report_of(attempt, **USED))
    job_reject(attempt=attempt, code="source.empty", message="This file is empty.")
    attempt.refresh_from_db()
    assert attempt.cost == COST


def test_so_has_one_that_is_cancelled_with_what_it_used_until_it_heard_of_that(attempt: Attempt) -> None:
    tell(attempt, report_of(attempt, cpuSeconds=40.0))
    job_cancel(job_id=attempt.job_id, by="alice")
    attempt.refresh_from_db()
    assert attempt.cost == Decimal("0.0004")
    assert tell(attempt, report_of(attempt, **USED)).cost == COST


def test_a_live_one_has_none(attempt: Attempt) -> None:
    tell(attempt, report_of(attempt, **USED))
    record(attempt.pk)
    attempt.refresh_from_db()
    assert (attempt.cost, attempt.vcpu_seconds) == (None, 0)


def test_without_a_price_the_cpu_is_kept_and_no_money(attempt: Attempt, settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = None
    tell(attempt, report_of(attempt, **USED))
    job_cancel(job_id=attempt.job_id, by="alice")
    attempt.refresh_from_db()
    assert (attempt.vcpu_seconds, attempt.cost) == (100.0, None)


def test_a_price_that_changes_later_changes_nothing_that_is_kept(attempt: Attempt, settings: Settings) -> None:
    tell(attempt, report_of(attempt, cpuSeconds=50.0))
    job_cancel(job_id=attempt.job_id, by="alice")
    settings.PRICE_CELERY_VCPU_HOUR, settings.PRICE_CURRENCY = Decimal(9), "EUR"
    tell(attempt, report_of(attempt, **USED))
    assert (attempt.cost, attempt.cost_currency) == (COST, "USD")


def test_what_was_used_never_shrinks(attempt: Attempt) -> None:
    tell(attempt, report_of(attempt, seq=2, **USED))
    tell(attempt, report_of(attempt, seq=1, cpuSeconds=60.0, peakMemoryMib=100))
    tell(attempt, report_of(attempt, seq=3))
    assert (attempt.cpu_seconds, attempt.peak_memory_mib) == (100.0, 640)


def test_the_time_a_transcoder_had_it_is_known_when_it_is_over(attempt: Attempt) -> None:
    assert attempt.wall_seconds is None
    job_cancel(job_id=attempt.job_id, by="alice")
    attempt.refresh_from_db()
    assert attempt.wall_seconds is not None
    assert attempt.wall_seconds > 0


def test_an_attempt_that_never_began_took_no_time(attempt: Attempt) -> None:
    Attempt.objects.update(started_at=None)
    job_cancel(job_id=attempt.job_id, by="alice")
    attempt.refresh_from_db()
    assert attempt.wall_seconds is None
