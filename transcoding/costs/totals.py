"""What videos have cost so far."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Max, Min, Q, Sum

from transcoding.costs.money import SMALLEST
from transcoding.models import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """All attempts of a video together.

    `amount` is that of the attempts which have a price. It is None where none has, and where some were paid in one
    currency and some in another, which nothing adds up: the attempts themselves tell then. `attempts` counts all.
    """

    amount: Decimal | None
    currency: str
    vcpu_seconds: float
    attempts: int


def total_of_video(video_id: UUID) -> Total:
    """Return what a video has cost so far."""
    return totals_of([video_id])[video_id]


def totals_of(video_ids: Collection[UUID]) -> dict[UUID, Total]:
    """Return what each of these videos has cost so far, in one query."""
    has_price = Q(cost__isnull=False)
    rows = (
        Attempt.objects.filter(job__video__in=video_ids)
        .values("job__video")
        .annotate(
            amount=Sum("cost"),
            paid_for=Sum("vcpu_seconds"),
            attempts=Count("pk"),
            a_currency=Min("cost_currency", filter=has_price),
            another=Max("cost_currency", filter=has_price),
        )
    )
    nothing = Total(amount=None, currency=settings.PRICE_CURRENCY, vcpu_seconds=0.0, attempts=0)
    totals = dict.fromkeys(video_ids, nothing)
    for row in rows:
        is_one_currency = row["a_currency"] is not None and row["a_currency"] == row["another"]
        totals[row["job__video"]] = Total(
            amount=row["amount"].quantize(SMALLEST) if is_one_currency else None,
            currency=row["a_currency"] if is_one_currency else settings.PRICE_CURRENCY,
            vcpu_seconds=row["paid_for"],
            attempts=row["attempts"],
        )
    return totals
