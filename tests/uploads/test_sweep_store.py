"""The hourly look at what is open in the store."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tests.uploads.browsing import THREE_PARTS, begin, local_store
from uploads.models import Upload
from uploads.stores import StoreError
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


def test_one_upload_that_cannot_be_aborted_keeps_no_other_waiting(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        begin(alices, THREE_PARTS, parts=[1], name=f"{n}.mp4")
    Upload.objects.all().delete()
    store = local_store()
    abort, failing = store.abort_upload, next(store.open_uploads()).upload_id

    def refuse(key: str, upload_id: str) -> None:
        if upload_id == failing:
            raise StoreError("this one always fails")
        abort(key, upload_id)

    monkeypatch.setattr(store, "abort_upload", refuse)
    sweep_store(now=timezone.now() + timedelta(days=4))
    assert [upload.upload_id for upload in store.open_uploads()] == [failing]


def test_the_celery_task_does_it(db: None) -> None:
    sweep_task()
