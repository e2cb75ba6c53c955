"""The price of a vCPU-hour, from the settings and what kind of machine it is."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from transcoding.costs.prices import Machine, of_celery, of_task


def machine(**facts: Any) -> Machine:
    return replace(Machine(cpu=2048, memory_mib=4096, provider="FARGATE", architecture="X86_64"), **facts)


@pytest.mark.parametrize(
    ("facts", "price"),
    [
        ({}, "0.05"),
        ({"memory_mib": 16384}, "0.08"),
        ({"cpu": 256, "memory_mib": 512}, "0.05"),
        ({"provider": "FARGATE_SPOT"}, "0.015"),
        ({"architecture": "ARM64"}, "0.04"),
        ({"provider": "FARGATE_SPOT", "architecture": "ARM64"}, "0.012"),
    ],
)
def test_fargate_is_priced_by_vcpu_memory_kind_and_architecture(facts: dict[str, Any], price: str) -> None:
    assert of_task(machine(**facts)) == Decimal(price)


@pytest.mark.parametrize("provider", ["EC2", "EXTERNAL", "my-instances", ""])
def test_a_task_on_instances_is_priced_as_a_part_of_them(settings: Settings, provider: str) -> None:
    settings.PRICE_EC2_VCPU_HOUR = Decimal("0.0425")
    assert of_task(machine(provider=provider)) == Decimal("0.0425")


def test_what_has_no_price_in_the_settings_has_none(settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = None
    assert (of_task(machine(provider="EC2")), of_celery()) == (None, None)


def test_a_price_of_zero_is_a_price(settings: Settings) -> None:
    settings.PRICE_CELERY_VCPU_HOUR = Decimal(0)
    assert of_celery() == 0
