"""Amounts of money, as they are worked out and shown. Pure."""

from decimal import Decimal

SMALLEST = Decimal("0.000001")
"""What an amount is rounded to: a minute of one vCPU is some hundreds of these."""
SMALLEST_SHOWN = Decimal("0.0001")


def cost_of(vcpu_seconds: float, *, vcpu_hour: Decimal) -> Decimal:
    """Return what so many vCPU-seconds cost.

    >>> cost_of(3600, vcpu_hour=Decimal("0.04937"))
    Decimal('0.049370')
    """
    return (Decimal(vcpu_seconds) / 3600 * vcpu_hour).quantize(SMALLEST)


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as it is shown.

    >>> money(Decimal("0.01234"), "USD"), money(Decimal("0.000004"), "USD"), money(Decimal(0), "USD")
    ('0.0123 USD', 'under 0.0001 USD', '0.0000 USD')
    """
    if 0 < amount < SMALLEST_SHOWN:
        return f"under {SMALLEST_SHOWN} {currency}"
    return f"{amount:.4f} {currency}"
