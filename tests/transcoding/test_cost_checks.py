"""A price that makes no sense is named before anything starts."""

from decimal import Decimal

import pytest
from pytest_django.fixtures import Settings

from transcoding.cost_checks import prices_make_sense


def found() -> list[str | None]:
    return [message.id for message in prices_make_sense(None)]


def test_the_default_prices_pass() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("PRICE_FARGATE_VCPU_HOUR", Decimal("-0.04"), "E007"),
        ("PRICE_CELERY_VCPU_HOUR", Decimal(100_001), "E007"),
        ("PRICE_FARGATE_SPOT_SHARE", Decimal(70), "E008"),
        ("PRICE_FARGATE_ARM64_SHARE", Decimal(0), "E008"),
        ("PRICE_CURRENCY", "$", "E009"),
        ("PRICE_CURRENCY", "usd", "E009"),
    ],
)
def test_what_makes_no_sense_is_named(settings: Settings, name: str, value: object, code: str) -> None:
    setattr(settings, name, value)
    assert found() == [f"transcoding.{code}"]


def test_no_price_and_a_price_of_zero_pass(settings: Settings) -> None:
    settings.PRICE_EC2_VCPU_HOUR, settings.PRICE_CELERY_VCPU_HOUR = None, Decimal(0)
    assert found() == []
