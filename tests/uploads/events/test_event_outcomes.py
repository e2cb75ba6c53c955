"""What the site does about each event, and how it counts them."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.uploads.browsing import begin, complete, local_store, source_of
from tests.uploads.events.bodies import STORES, arrived, ceph, deliver, eventbridge, forward, record, s3, tallies
from tests.uploads.events.test_records import KEYS
from transcoding.models import Job
from uploads.models import Arrival, EventTally, NoticedBy, UploadStatus, Video
from uploads.signals import upload_completed
from uploads.sweeps import sweep_uploads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("redis")]

STRAY = "sources/00000000-0000-4000-8000-000000000000/source"


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("a receiver failed")


@pytest.mark.parametrize("store", STORES)
def test_an_event_of_any_store_starts_the_job_of_the_video(alices: Client, store: str) -> None:
    video_id, key, etag = arrived(alices)
    answer = forward(STORES[store](key, etag))
    assert (answer.status_code, answer.json()) == (200, {"taken": 1})
    video = Video.objects.get()
    assert (video.upload_status, video.noticed_by) == (UploadStatus.UPLOADED, NoticedBy.EVENT)
    assert [str(job.video_id) for job in Job.objects.all()] == [video_id]


def test_an_event_before_the_browser_completes_ends_as_one_after_it(alices: Client) -> None:
    early_id, key, etag = arrived(alices, b"early")
    forward(s3(key, etag))
    assert complete(alices, early_id).json() == {"videoId": early_id, "status": "UPLOADED"}

    late_id = begin(alices, b"late", parts=[1], name="late.mp4")
    complete(alices, late_id)
    stored = local_store().head(f"sources/{late_id}/source")
    assert stored
    assert forward(s3(f"sources/{late_id}/source", stored.etag)).json() == {"repeated": 1}

    assert {video.upload_status for video in Video.objects.all()} == {UploadStatus.UPLOADED}
    assert Job.objects.count() == Arrival.objects.count() == 2


def test_an_event_after_the_sweep_has_found_the_source_changes_nothing(alices: Client) -> None:
    _, key, etag = arrived(alices)
    sweep_uploads(now=timezone.now() + timedelta(hours=1))
    assert forward(s3(key, etag)).json() == {"repeated": 1}
    assert Video.objects.get().noticed_by == NoticedBy.SWEEP
    assert Job.objects.count() == 1


def test_an_event_of_an_earlier_version_than_the_store_holds_is_left_out(alices: Client) -> None:
    _, key, etag = arrived(alices)
    assert forward(s3(key, "0123456789abcdef0123456789abcdef-1")).json() == {"stale": 1}
    assert not Job.objects.exists()
    assert forward(s3(key, etag)).json() == {"taken": 1}


def test_events_that_come_in_the_wrong_order_start_one_job_for_what_is_there(alices: Client) -> None:
    _, key, etag = arrived(alices)
    newer = record(key, etag=etag)
    older = record(key, etag="0123456789abcdef0123456789abcdef-1")
    older["s3"]["object"]["sequencer"] = "0055AED6DCD90281E4"
    assert forward({"Records": [newer, older]}).json() == {"taken": 1, "stale": 1}
    assert Video.objects.get().source_etag == etag
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (s3(STRAY), "unknown"),
        (s3("sources/not-a-video/source"), "unknown"),
        (s3("somebody/else"), "unknown"),
        (s3("renditions/v/j/1/720p/seg_00000.m4s"), "own-output"),
        (s3("files/logo.png"), "own-output"),
        ({"Records": [record(STRAY, eventName="ObjectRemoved:Delete")]}, "not-created"),
        ({"Records": [record(STRAY, s3={"bucket": {"name": "other"}, "object": {"key": STRAY}})]}, "foreign-bucket"),
        ({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "videos"}, "test"),
        ({"Records": [{"eventVersion": "9"}]}, "bad"),
    ],
)
def test_an_event_that_is_none_of_our_business_is_answered_and_counted(body: Any, outcome: str) -> None:
    answer = forward(body)
    assert (answer.status_code, answer.json()) == (200, {outcome: 1})
    assert tallies() == {("forward", outcome): 1}
    assert not Job.objects.exists()


def test_an_event_of_an_object_that_was_deleted_meanwhile_starts_nothing(alices: Client) -> None:
    _, key, etag = arrived(alices)
    local_store().delete_prefix(key.removesuffix("source"))
    assert forward(s3(key, etag)).json() == {"gone": 1}
    assert not Job.objects.exists()


def test_an_event_of_a_video_that_was_deleted_meanwhile_starts_nothing(alices: Client) -> None:
    video_id, key, etag = arrived(alices)
    alices.delete(f"/api/uploads/{video_id}")
    assert forward(s3(key, etag)).status_code == 200
    assert not Job.objects.exists()


@pytest.mark.parametrize("key", [*KEYS, "sources/\0/source"])
@pytest.mark.parametrize("store", STORES)
def test_a_key_that_is_not_ours_reaches_neither_the_store_nor_the_table_of_videos(
    store: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_store(), "head", fail)
    with CaptureQueriesContext(connection) as asked:
        assert forward(STORES[store](key)).json() == {"unknown": 1}
    assert not [query for query in asked.captured_queries if Video._meta.db_table in query["sql"]]


def test_a_key_is_not_decoded_a_second_time_into_one_of_ours(alices: Client) -> None:
    _, key, etag = arrived(alices)
    twice = key.replace("/", "%2F")
    assert forward(s3(twice, etag)).json() == {"unknown": 1}
    assert forward(eventbridge(twice, etag)).json() == {"unknown": 1}
    assert forward(ceph(twice, etag)).json() == {"unknown": 1}


def test_of_three_records_with_a_bad_one_the_good_ones_are_dealt_with(alices: Client) -> None:
    _, key, etag = arrived(alices)
    body = {"Records": [record(STRAY), {"eventSource": "aws:s3"}, record(key, etag=etag, eventVersion="2.5", new=1)]}
    assert forward(body).json() == {"unknown": 1, "bad": 1, "taken": 1}
    assert Job.objects.count() == 1


def test_a_record_that_fails_keeps_no_other_waiting_and_all_are_asked_for_again(
    alices: Client, caplog: pytest.LogCaptureFixture
) -> None:
    _, broken, broken_etag = arrived(alices, b"broken")
    video_id, key, etag = arrived(alices, b"sound")
    source = local_store().object_path(broken).with_name("source.etag")
    source.unlink()
    source.mkdir()  # the disk fails for this one
    answer = forward({"Records": [record(broken, etag=broken_etag), record(key, etag=etag)]})
    assert (answer.status_code, answer.json()["code"]) == (503, "hook.failed")
    assert [str(job.video_id) for job in Job.objects.all()] == [video_id]
    assert "to be delivered again" in caplog.text
    source.rmdir()
    source.write_text(broken_etag)
    answer = forward({"Records": [record(broken, etag=broken_etag), record(key, etag=etag)]})
    assert (answer.status_code, answer.json()) == (200, {"taken": 1, "repeated": 1})
    assert Job.objects.count() == 2


def test_a_hundred_records_that_fail_alike_leave_one_traceback_and_a_line_each(
    alices: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, key, etag = arrived(alices)
    monkeypatch.setattr(local_store(), "head", fail)  # the store is down
    assert forward({"Records": [record(key, etag=etag)] * 100}).status_code == 503
    failed = [line for line in caplog.records if "could not be dealt with" in line.getMessage()]
    assert len(failed) == 100
    assert len([line for line in failed if line.exc_info]) == caplog.text.count("Traceback") == 1
    assert all("a receiver failed" in line.getMessage() for line in failed)


def test_an_event_that_cannot_be_counted_is_dealt_with_all_the_same(
    alices: Client, caplog: pytest.LogCaptureFixture
) -> None:
    _, key, etag = arrived(alices)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE uploads_eventtally RENAME TO elsewhere")  # undone with the test's transaction
    assert forward(s3(key, etag)).json() == {"taken": 1}
    assert Job.objects.count() == 1
    assert "Not counted: 1 events that came to taken" in caplog.text


def test_a_receiver_that_fails_leaves_the_video_waiting_and_the_event_to_come_again(alices: Client) -> None:
    _, key, etag = arrived(alices)
    upload_completed.connect(fail)
    try:
        assert forward(s3(key, etag)).status_code == 503
    finally:
        upload_completed.disconnect(fail)
    assert Video.objects.get().upload_status == UploadStatus.WAITING
    assert not Arrival.objects.exists()
    assert forward(s3(key, etag)).json() == {"taken": 1}


def test_events_are_counted_by_day_by_the_way_they_came_and_by_what_came_of_them(alices: Client) -> None:
    _, key, etag = arrived(alices)
    for _ in range(3):
        deliver(ceph(key, etag))
    forward(s3(key, etag))
    assert tallies() == {("ceph", "taken"): 1, ("ceph", "repeated"): 2, ("forward", "repeated"): 1}
    assert {row.day for row in EventTally.objects.all()} == {timezone.now().date()}


def test_the_source_is_what_was_uploaded_however_many_events_tell_of_it(alices: Client, alice: User) -> None:
    video_id, key, etag = arrived(alices)
    for make in STORES.values():
        assert forward(make(key, etag)).status_code == 200
    assert source_of(video_id) == b"film"
    assert Arrival.objects.get().messages == len(STORES)
