"""Rows of servers that were killed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from progress.connections import sweep_connections
from progress.models import Connection
from progress.tasks import sweep_connections as sweep_connections_task


@pytest.fixture
def connection(alice: User) -> Connection:
    """Alice follows all of hers."""
    return Connection.objects.create(channel_name="hers", user=alice, server_id="test")


@pytest.mark.parametrize(("seconds", "there"), [(0, 1), (110, 1), (130, 0)])
def test_a_row_goes_two_minutes_after_it_was_last_touched(connection: Connection, seconds: int, there: int) -> None:
    sweep_connections(now=connection.last_seen_at + timedelta(seconds=seconds))

    assert Connection.objects.count() == there


def test_the_celery_task_sweeps(connection: Connection) -> None:
    Connection.objects.update(last_seen_at=timezone.now() - timedelta(minutes=3))
    sweep_connections_task()

    assert not Connection.objects.exists()
