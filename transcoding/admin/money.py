"""Totals and estimates in words."""

from collections.abc import Collection
from decimal import Decimal

from django.conf import settings

from transcoding.admin.read_only import NOTHING
from transcoding.costs import Estimate, Total, money
from transcoding.models import Attempt

NOT_PRICED = "not priced"


def total_of(attempts: Collection[Attempt]) -> Total:
    """Add up attempts that are at hand, as transcoding.costs adds up those of a video."""
    priced = [(attempt.cost, attempt.cost_currency) for attempt in attempts if attempt.cost is not None]
    currencies = {currency for _, currency in priced}
    is_one_currency = len(currencies) == 1
    return Total(
        amount=sum((cost for cost, _ in priced), start=Decimal()) if is_one_currency else None,
        currency=currencies.pop() if is_one_currency else settings.PRICE_CURRENCY,
        vcpu_seconds=sum(attempt.vcpu_seconds for attempt in attempts),
        attempts=len(attempts),
    )


def total_text(total: Total) -> str:
    """Return what was paid, and for how much; a dash for the money where there is no price, or no one currency."""
    if not total.attempts:
        return "nothing so far"
    amount = NOTHING if total.amount is None else money(total.amount, total.currency)
    attempts = f"{total.attempts} attempt{'' if total.attempts == 1 else 's'}"
    return f"{amount} ({total.vcpu_seconds:.0f} vCPU-seconds in {attempts})"


def estimate_text(estimate: Estimate | None) -> str:
    """Return what a run will cost, and where that is known from."""
    if estimate is None:
        return NOT_PRICED
    return f"about {money(estimate.amount, estimate.currency)} ({estimate.basis})"
