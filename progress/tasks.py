"""Celery tasks of progress; each is one call."""

from celery import shared_task
from django.utils import timezone

from progress import connections


@shared_task
def sweep_connections(**_: object) -> None:
    """Every minute: see progress.connections."""
    connections.sweep_connections(now=timezone.now())
