"""For what an attempt that is over has to be paid."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transcoding.costs.conftest import after, on_fargate
from transcoding.costs.paid import due_of
from transcoding.models import Attempt


def vcpu_seconds(attempt: Attempt) -> float | None:
    due = due_of(attempt)
    return due.vcpu_seconds if due else None


def test_a_task_on_fargate_is_paid_from_the_pull_of_its_image_until_it_has_stopped() -> None:
    assert vcpu_seconds(on_fargate()) == 2 * 300


def test_a_part_of_a_second_is_paid_as_a_whole_one() -> None:
    assert vcpu_seconds(on_fargate(machine_stopped_at=after(310.001))) == 2 * 301


def test_a_short_task_on_fargate_is_paid_as_a_minute() -> None:
    assert vcpu_seconds(on_fargate(machine_stopped_at=after(12))) == 2 * 60


def test_a_task_on_an_instance_has_no_least_time() -> None:
    assert vcpu_seconds(on_fargate(machine_stopped_at=after(12), machine_provider="EC2")) == 2 * 2


def test_a_task_that_never_came_to_pull_its_image_costs_nothing() -> None:
    cancelled = on_fargate(machine_pull_started_at=None, started_at=None)
    assert vcpu_seconds(cancelled) == 0


def test_until_the_stop_is_told_the_end_of_the_attempt_stands_in_its_place() -> None:
    assert vcpu_seconds(on_fargate(machine_stopped_at=None)) == 2 * 290


@pytest.mark.parametrize(("created_at", "seconds"), [(after(5), 305), (None, 308)])
def test_a_transcoder_that_began_was_pulled_whether_ecs_has_told_so_or_not(
    created_at: datetime | None, seconds: int
) -> None:
    untold = on_fargate(machine_pull_started_at=None, machine_created_at=created_at, launched_at=after(2))
    assert vcpu_seconds(untold) == 2 * seconds


def test_nothing_is_known_of_an_attempt_before_ecs_has_told_how_large_its_task_is() -> None:
    assert due_of(on_fargate(machine_cpu=0, machine_memory_mib=0)) is None


def test_of_a_celery_worker_the_cpu_it_used_is_paid() -> None:
    assert vcpu_seconds(Attempt(launcher="celery", cpu_seconds=12.5)) == 12.5


def test_an_attempt_that_fell_back_to_celery_is_paid_as_celerys() -> None:
    assert vcpu_seconds(on_fargate(launcher="celery", cpu_seconds=7.0)) == 7.0


moments = st.floats(-1e6, 1e6).map(after)


@given(pulled=st.none() | moments, stopped=st.none() | moments, started=st.none() | moments, ended=moments)
def test_it_is_never_negative_whatever_the_clocks_say(
    pulled: datetime | None, stopped: datetime | None, started: datetime | None, ended: datetime
) -> None:
    attempt = on_fargate(
        machine_pull_started_at=pulled, machine_stopped_at=stopped, started_at=started, ended_at=ended,
        launched_at=after(0),
    )  # fmt: skip
    assert (vcpu_seconds(attempt) or 0) >= 0


@given(stopped=moments, longer=st.floats(0, 1e6))
def test_a_longer_task_never_costs_less(stopped: datetime, longer: float) -> None:
    later = stopped + timedelta(seconds=longer)
    shorter = vcpu_seconds(on_fargate(machine_stopped_at=stopped))
    assert (vcpu_seconds(on_fargate(machine_stopped_at=later)) or 0) >= (shorter or 0)
