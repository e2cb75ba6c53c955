"""System checks of the prices: they say what to set, before a wrong amount is kept."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

PRICES = ("PRICE_FARGATE_VCPU_HOUR", "PRICE_FARGATE_GIB_HOUR", "PRICE_EC2_VCPU_HOUR", "PRICE_CELERY_VCPU_HOUR")
SHARES = ("PRICE_FARGATE_SPOT_SHARE", "PRICE_FARGATE_ARM64_SHARE")
CURRENCY = re.compile("[A-Z]{3}")
HIGHEST = Decimal(100_000)
"""More than an hour of a vCPU costs in any currency."""


@register("costs")
def prices_make_sense(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    return [*_prices(), *_shares(), *_currency()]


def _prices() -> Iterator[CheckMessage]:
    for name in PRICES:
        price: Decimal | None = getattr(settings, name)
        if price is not None and not 0 <= price <= HIGHEST:
            hint = f"Set it to the price of one hour, from 0 to {HIGHEST}."
            yield Error(f"{name} is {price}.", hint=hint, id="transcoding.E007")


def _shares() -> Iterator[CheckMessage]:
    for name in SHARES:
        share: Decimal = getattr(settings, name)
        if not 0 < share <= 1:
            hint = "Set it to the part of the full price that is paid, for example 0.3 for 70 % off."
            yield Error(f"{name} is {share}.", hint=hint, id="transcoding.E008")


def _currency() -> Iterator[CheckMessage]:
    if not CURRENCY.fullmatch(settings.PRICE_CURRENCY):
        hint = "Set it to the three capital letters of ISO 4217, for example PRICE_CURRENCY=EUR"
        yield Error(f"PRICE_CURRENCY={settings.PRICE_CURRENCY!r} is no currency.", hint=hint, id="transcoding.E009")
