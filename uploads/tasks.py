"""Celery tasks of uploads; each is one call."""

from celery import shared_task
from django.utils import timezone

from uploads import sweeps


@shared_task
def sweep_uploads(**_: object) -> None:
    """Every minute: see uploads.sweeps."""
    sweeps.sweep_uploads(now=timezone.now())


@shared_task
def sweep_store(**_: object) -> None:
    """Every hour: see uploads.sweeps."""
    sweeps.sweep_store(now=timezone.now())
