"""Prices that are easy to reckon with, and attempts that have been paid for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import SOURCE
from transcoding.models import Attempt, Job
from uploads.models import Video

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
Finished = Callable[..., Attempt]


def after(seconds: float) -> datetime:
    """Return a moment so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def on_fargate(**facts: Any) -> Attempt:
    """Return an attempt of 2 vCPUs and 4 GiB, from a pull at 10 s to a stop at 310 s past noon; it is not saved."""
    known: dict[str, Any] = {
        "launcher": "ecs", "external_id": "arn:task/1", "machine_cpu": 2048, "machine_memory_mib": 4096,
        "machine_provider": "FARGATE", "machine_architecture": "X86_64", "machine_pull_started_at": after(10),
        "machine_stopped_at": after(310), "started_at": after(40), "ended_at": after(300),
    }  # fmt: skip
    return Attempt(**known | facts)


@pytest.fixture(autouse=True)
def round_prices(settings: Settings) -> None:
    """A vCPU-hour of Fargate is 0.04 and a GiB-hour 0.005: with two GiB for each vCPU 0.05 in all."""
    settings.PRICE_CURRENCY = "USD"
    settings.PRICE_FARGATE_VCPU_HOUR, settings.PRICE_FARGATE_GIB_HOUR = Decimal("0.04"), Decimal("0.005")
    settings.PRICE_FARGATE_SPOT_SHARE, settings.PRICE_FARGATE_ARM64_SHARE = Decimal("0.3"), Decimal("0.8")
    settings.PRICE_EC2_VCPU_HOUR, settings.PRICE_CELERY_VCPU_HOUR = None, Decimal("0.036")


@pytest.fixture
def finished(alice: User) -> Finished:
    """Makes a video of so many megabytes, with an attempt that has transcoded it."""

    def make(*, megabytes: float = 10, source: dict[str, Any] | None = None, **facts: Any) -> Attempt:
        size_bytes = int(megabytes * 1e6)
        video = Video.objects.create(owner=alice, title="A film", size_bytes=size_bytes, source_key=str(uuid4()))
        info = {**SOURCE, "frameRate": 25.0, **(source or {})}
        job = Job.objects.create(
            video=video, status="SUCCEEDED", source_info=info, duration_seconds=info["durationSeconds"]
        )
        known: dict[str, Any] = {
            "status": "SUCCEEDED", "launcher": "celery", "number": 1, "cpu_seconds": 30.0, "started_at": NOON,
            "ended_at": after(60),
        }  # fmt: skip
        return Attempt.objects.create(job=job, **known | facts)

    return make
