"""What ECS tells of a task, kept as what its attempt has cost: in any order, repeated, before or after its end."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from tests.factories import first_report, report_of
from tests.transcoding.ecs.cluster import Cluster
from tests.transcoding.ecs.conftest import upload
from tests.transcoding.ecs.test_hook import deliver, event
from tests.transcoding.reporting import READY
from transcoding.ecs.watching import look_after_machines
from transcoding.models import Attempt
from transcoding.reports import report_record
from transcoding.services import attempt_start, job_cancel
from uploads.models import Video

pytestmark = pytest.mark.django_db(transaction=True)

TOLD = {
    "createdAt": "2026-11-22T12:00:00Z", "pullStartedAt": "2026-11-22T12:00:20.500Z",
    "attributes": [{"name": "ecs.cpu-architecture", "value": "x86_64"}],
}  # fmt: skip
STOPPED = {**TOLD, "stoppedAt": "2026-11-22T12:10:20.250Z", "desiredStatus": "STOPPED"}
MINUTES_10 = 600.0
"""Of a task with one vCPU, by those times."""
Step = Callable[[Attempt], object]


@pytest.fixture(autouse=True)
def prices(settings: Settings) -> None:
    """A vCPU with its two GiB costs 0.05 an hour, on a worker of Celery's 0.036."""
    settings.PRICE_FARGATE_VCPU_HOUR, settings.PRICE_FARGATE_GIB_HOUR = Decimal("0.04"), Decimal("0.005")
    settings.PRICE_CELERY_VCPU_HOUR = Decimal("0.036")


def tell(status: str, version: int, **facts: Any) -> Step:
    """Return the step in which EventBridge tells of the attempt's task."""
    return lambda attempt: deliver(event(attempt.external_id, status, version, **facts))


def begin(attempt: Attempt) -> None:
    """Let the transcoder claim its attempt."""
    attempt_start(job_id=attempt.job_id, number=attempt.number)


def succeed(attempt: Attempt) -> None:
    """Let it report that all is done."""
    final = report_of(attempt, status="SUCCEEDED", renditions=READY, cpuSeconds=500.0)
    for report in (first_report(attempt), final):
        report_record(job_id=attempt.job_id, attempt_number=attempt.number, report=report)


def cancel(attempt: Attempt) -> None:
    """Let somebody cancel the job."""
    job_cancel(job_id=attempt.job_id, by="alice")


def after(attempt: Attempt, *steps: Step) -> Attempt:
    for step in steps:
        step(attempt)
        attempt.refresh_from_db()
    return attempt


running, stopped = tell("RUNNING", 4, **TOLD), tell("STOPPED", 8, **STOPPED)


def test_what_ecs_tells_of_a_task_is_kept(attempt: Attempt) -> None:
    after(attempt, tell("STOPPED", 8, **STOPPED, capacityProviderName="FARGATE_SPOT"))
    assert (attempt.machine_provider, attempt.machine_architecture) == ("FARGATE_SPOT", "X86_64")
    assert attempt.machine_created_at == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert attempt.machine_pull_started_at == datetime(2026, 11, 22, 12, 0, 20, 500_000, tzinfo=UTC)
    assert attempt.machine_stopped_at == datetime(2026, 11, 22, 12, 10, 20, 250_000, tzinfo=UTC)


def test_the_poll_tells_the_same(cluster: Cluster, attempt: Attempt) -> None:
    moment = datetime(2026, 11, 22, 12, tzinfo=UTC)
    cluster.tasks[attempt.external_id] |= {
        "lastStatus": "PENDING", "version": 2, "launchType": "FARGATE", "pullStartedAt": moment.timestamp(),
    }  # fmt: skip
    look_after_machines(now=timezone.now())
    attempt.refresh_from_db()
    assert (attempt.machine_provider, attempt.machine_pull_started_at) == ("FARGATE", moment)


@pytest.mark.parametrize(
    "facts",
    [
        {"createdAt": "yesterday", "pullStartedAt": 5, "attributes": {"name": "ecs.cpu-architecture"}},
        {"createdAt": "0001-01-01T00:00:00+14:00", "pullStartedAt": "9999-12-31T23:59:59-14:00"},
        {"createdAt": "2026-11-22T12:00:00", "attributes": [None, {"name": "ecs.cpu-architecture", "value": 7}]},
        {"capacityProviderName": "p" * 300, "pullStartedAt": None, "attributes": "arm64"},
    ],
)
def test_what_ecs_would_never_tell_does_no_harm(attempt: Attempt, facts: dict[str, Any]) -> None:
    answer = deliver(event(attempt.external_id, "RUNNING", 4, **facts))
    attempt.refresh_from_db()
    assert (answer.status_code, attempt.machine_status) == (200, "RUNNING")
    assert (attempt.machine_created_at, attempt.machine_pull_started_at) == (None, None)
    assert attempt.machine_architecture == ""


@pytest.mark.parametrize(
    "steps",
    [
        (begin, running, succeed, stopped),
        (begin, succeed, stopped),
        (begin, succeed, running, stopped, running),
        (begin, running, cancel, stopped, stopped),
        (begin, running, stopped),
        (begin, stopped, succeed),
    ],
    ids=["usual", "unheard-of-before", "out-of-order", "cancelled", "died", "stop-before-report"],
)
def test_it_costs_the_time_of_its_task_whatever_came_first(attempt: Attempt, steps: tuple[Step, ...]) -> None:
    after(attempt, *steps)
    assert (attempt.vcpu_seconds, attempt.cost) == (MINUTES_10, Decimal("0.008333"))


def test_before_the_stop_is_told_the_end_of_the_attempt_stands_in_its_place(attempt: Attempt) -> None:
    pulled = timezone.now()
    after(attempt, begin, tell("RUNNING", 4, pullStartedAt=pulled.isoformat()), succeed)
    # The clip took a moment, and a minute is paid at least.
    assert (attempt.vcpu_seconds, attempt.cost) == (60.0, Decimal("0.000833"))


def test_a_job_cancelled_before_the_pull_of_its_image_costs_nothing(attempt: Attempt) -> None:
    never_pulled = {"createdAt": TOLD["createdAt"], "stoppedAt": STOPPED["stoppedAt"]}
    after(attempt, tell("PROVISIONING", 1), cancel)
    assert attempt.cost == 0
    after(attempt, tell("STOPPED", 8, **never_pulled))
    assert (attempt.vcpu_seconds, attempt.cost) == (0.0, Decimal(0))


def test_an_attempt_of_whose_task_nothing_was_told_has_no_cost_yet(attempt: Attempt) -> None:
    after(attempt, begin, cancel)
    assert attempt.cost is None
    assert after(attempt, stopped).cost == Decimal("0.008333")


def test_an_attempt_that_got_no_task_has_none(cluster: Cluster, alice: User) -> None:
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    assert after(upload(alice), cancel).cost is None


def test_one_that_fell_back_to_celery_is_priced_by_the_cpu_it_used(
    cluster: Cluster, alice: User, settings: Settings
) -> None:
    cluster.failures = [{"reason": "RESOURCE:CPU"}]
    settings.ECS_FALLBACK_SECONDS = 0
    fallen = after(upload(alice), begin, succeed)
    assert (fallen.launcher, fallen.vcpu_seconds, fallen.cost) == ("celery", 500.0, Decimal("0.005"))


def test_each_attempt_of_a_job_that_is_tried_again_has_its_own(attempt: Attempt) -> None:
    after(attempt, begin, tell("STOPPED", 8, **STOPPED, stopCode="SpotInterruption"))
    second = Attempt.objects.get(number=2)
    after(second, begin, cancel)
    attempt.refresh_from_db()
    assert (attempt.cost, second.cost) == (Decimal("0.008333"), None)


def test_the_price_is_that_of_the_end_of_the_attempt(attempt: Attempt, settings: Settings) -> None:
    after(attempt, begin, running, succeed)
    settings.PRICE_FARGATE_VCPU_HOUR = Decimal(4)
    assert after(attempt, stopped).cost == Decimal("0.008333")


HISTORY: list[Step] = [
    tell("PROVISIONING", 1, createdAt=TOLD["createdAt"]),
    tell("PENDING", 2, **TOLD),
    running,
    tell("DEPROVISIONING", 7, **TOLD),
    stopped,
]


@hypothesis_settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(told=st.permutations(HISTORY * 2), end=st.sampled_from([succeed, cancel]), place=st.integers(0, 10))
def test_the_order_of_what_is_told_makes_no_difference(
    cluster: Cluster, alice: User, told: list[Step], end: Step, place: int
) -> None:
    Video.objects.all().delete()
    cluster.forget()
    attempt = upload(alice)
    begin(attempt)
    costs = []
    for step in [*told[:place], end, *told[place:]]:
        costs.append(after(attempt, step).cost)
    assert all(cost is None or cost >= 0 for cost in costs)
    assert costs[-1] == Decimal("0.008333")
