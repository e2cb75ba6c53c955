"""The hourly look at what is open in the store."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.uploads.browsing import THREE_PARTS, begin, local_store
from uploads.models import Upload
from uploads.sweeps import sweep_store
from uploads.tasks import sweep_store as sweep_task


def test_an_upload_that_no_row_knows_is_aborted_when_it_is_old(alices: Client) -> None:
    begin(alices, THREE_PARTS, parts=[1])
    Upload.objects.all().delete()
    sweep_store(now=timezone.now() + timedelta(days=2))
    assert len([*local_store().open_uploads()]) == 1
    sweep_store(now=timezone.now() + timedelta(days=3, minutes=1))
    assert [*local_store().open_uploads()] == []


def test_an_upload_that_a_row_knows_is_left_to_its_own_expiry(alices: Client) -> None:
    begin(alices, THREE_PARTS, parts=[1])
    sweep_store(now=timezone.now() + timedelta(days=9))
    assert len([*local_store().open_uploads()]) == 1


def test_the_celery_task_does_it(db: None) -> None:
    sweep_task()
