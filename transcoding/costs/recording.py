"""Keeping what an attempt has cost."""

from django.conf import settings
from django.db import transaction

from transcoding.costs.money import cost_of
from transcoding.costs.paid import due_of
from transcoding.models import Attempt


def record(attempt_id: int) -> None:
    """Work out what an attempt that is over costs, from all that is known of it, and keep it; of a live one nothing.

    To be called when an attempt ends, and again whenever more is known: when ECS tells that its task has stopped,
    which may be before or after, and when its transcoder tells what it has used. In whatever order, the last call is
    right. The price is that of the first call which finds one: later settings do not change what is kept.
    """
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update().get(pk=attempt_id)
        due = due_of(attempt) if attempt.ended_at else None
        if due is None:
            return
        attempt.vcpu_seconds = due.vcpu_seconds
        if attempt.vcpu_hour_price is None:
            attempt.vcpu_hour_price, attempt.cost_currency = due.vcpu_hour, settings.PRICE_CURRENCY
        if attempt.vcpu_hour_price is not None:
            attempt.cost = cost_of(due.vcpu_seconds, vcpu_hour=attempt.vcpu_hour_price)
        attempt.save(update_fields=["vcpu_seconds", "vcpu_hour_price", "cost", "cost_currency"])
