"""POST /api/uploads/<videoId>/complete, and DELETE: how an upload ends."""

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from tests.factories import put, start_upload
from tests.uploads.browsing import (
    PART,
    THREE_PARTS,
    begin,
    complete,
    local_store,
    part,
    part_url,
    send,
    source_of,
)
from transcoding.models import Job
from uploads.arrivals import Outcome, object_created
from uploads.errors import UserError
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.services import get_upload, upload_abort
from uploads.signals import upload_completed
from uploads.sweeps import sweep_uploads


def first(do: Callable[[], object], before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody else's `do` come in just before this store's next call of the method `before`."""
    store = local_store()
    method = getattr(store, before)

    def call(*args: object) -> object:
        monkeypatch.setattr(store, before, method)
        do()
        return method(*args)

    monkeypatch.setattr(store, before, call)


def test_it_makes_the_source_of_the_parts_byte_for_byte(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1, 2, 3])
    answer = complete(alices, video_id)
    assert (answer.status_code, answer.json()) == (200, {"videoId": video_id, "status": "UPLOADED"})
    assert source_of(video_id) == THREE_PARTS


def test_it_keeps_the_stores_etag_and_when_it_was_uploaded(alices: Client) -> None:
    before = timezone.now()
    video_id = begin(alices, THREE_PARTS, parts=[1, 2, 3])
    complete(alices, video_id)
    video = Video.objects.get()
    digests = b"".join(hashlib.md5(part(THREE_PARTS, n), usedforsecurity=False).digest() for n in (1, 2, 3))
    assert video.source_etag == f"{hashlib.md5(digests, usedforsecurity=False).hexdigest()}-3"
    assert video.uploaded_at
    assert before <= video.uploaded_at <= timezone.now()


def test_missing_parts_are_named(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[2])
    answer = complete(alices, video_id)
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "upload.incomplete",
        "message": "2 of 3 parts have not arrived. Send them, then complete again.",
        "missing": [1, 3],
    }


def test_an_upload_with_missing_parts_goes_on_where_it_was(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[2])
    complete(alices, video_id)
    for number in (1, 3):
        send(alices, video_id, number, part(THREE_PARTS, number))
    assert complete(alices, video_id).status_code == 200
    assert source_of(video_id) == THREE_PARTS


def test_a_part_that_arrived_short_counts_as_missing(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[])
    store = local_store()
    store.put_part(f"sources/{video_id}/source", next(store.uploads.iterdir()).name, 1, [b"fil"])
    assert complete(alices, video_id).json()["missing"] == [1]


def test_what_the_client_says_in_the_body_is_not_believed(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[])
    claim = {"parts": [{"number": 1, "size": 4, "etag": "x"}], "size": 4}
    answer = alices.post(f"/api/uploads/{video_id}/complete", claim, content_type="application/json")
    assert answer.status_code == 409


def test_completing_again_gives_the_same_answer_and_no_second_job(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    assert complete(alices, video_id).json() == complete(alices, video_id).json()
    assert Job.objects.count() == 1


def test_it_queues_one_job_for_the_video(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    complete(alices, video_id)
    assert [str(job.video_id) for job in Job.objects.all()] == [video_id]


def test_the_upload_is_gone_from_the_list_once_it_is_a_video(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    complete(alices, video_id)
    assert alices.get("/api/uploads").json() == {"items": []}
    assert alices.get(f"/api/uploads/{video_id}").status_code == 404


def test_a_part_put_after_completion_cannot_change_the_source(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    url = part_url(alices, video_id)
    complete(alices, video_id)
    assert put(alices, url, b"evil").status_code == 404
    assert source_of(video_id) == b"film"


def test_a_part_put_after_completion_is_refused_even_if_its_folder_was_left_behind(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    url, store = part_url(alices, video_id), local_store()
    folder = next(store.uploads.iterdir())
    facts = (folder / "upload.json").read_text()
    complete(alices, video_id)
    (folder / "parts").mkdir(parents=True)  # the process died between the rename and the removal of the folder
    (folder / "upload.json").write_text(facts)
    assert put(alices, url, b"evil").status_code == 404
    assert source_of(video_id) == b"film"


def test_a_part_that_broke_off_while_it_was_sent_again_is_not_made_part_of_the_source(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = begin(alices, b"film", parts=[1])
    folder = next(local_store().uploads.iterdir())

    def break_off() -> None:
        """A process begins to write the part again, and dies: its lock goes with it."""
        (folder / "parts" / "1.json").unlink()
        (folder / "data").write_bytes(b"ev")

    first(break_off, "complete_upload", monkeypatch)
    assert complete(alices, video_id).status_code >= 409
    assert complete(alices, video_id).json()["missing"] == [1]


def test_a_part_that_was_replaced_between_listing_and_completing_is_noticed(
    alices: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = begin(alices, b"film", parts=[1])
    url = part_url(alices, video_id)
    first(lambda: put(alices, url, b"reel"), "complete_upload", monkeypatch)
    complete(alices, video_id)
    complete(alices, video_id)
    assert source_of(video_id) == b"reel"
    digest = hashlib.md5(hashlib.md5(b"reel", usedforsecurity=False).digest(), usedforsecurity=False).hexdigest()
    assert Video.objects.get().source_etag == f"{digest}-1"


@pytest.mark.parametrize("moment", ["list_parts", "complete_upload"])
def test_a_second_call_that_completes_it_first_is_no_error_for_the_first(
    alices: Client, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    video_id = begin(alices, b"film", parts=[1])
    first(lambda: complete(alices, video_id), moment, monkeypatch)
    answer = complete(alices, video_id)
    assert (answer.status_code, answer.json()["status"]) == (200, "UPLOADED")
    assert Job.objects.count() == 1


def test_a_receiver_that_fails_leaves_the_upload_to_be_completed_again(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])

    def fail(**_: object) -> None:
        raise RuntimeError("a receiver failed")

    alices.raise_request_exception = False
    upload_completed.connect(fail)
    try:
        assert complete(alices, video_id).status_code == 500
    finally:
        upload_completed.disconnect(fail)
    assert Video.objects.get().upload_status == UploadStatus.WAITING
    assert not Job.objects.exists()
    assert complete(alices, video_id).status_code == 200


def test_a_disk_that_fails_at_completion_is_told_and_nothing_is_lost(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    objects = local_store().objects
    objects.write_text("no folder can be made here")
    answer = complete(alices, video_id)
    assert answer.status_code == 503
    assert answer.json() == {
        "code": "store.failed",
        "message": "The storage could not do this. Try again in a moment.",
    }
    objects.unlink()
    assert complete(alices, video_id).status_code == 200
    assert source_of(video_id) == b"film"


def test_a_disk_that_fails_at_the_start_is_told_and_leaves_no_row(alices: Client) -> None:
    local_store().uploads.parent.mkdir(parents=True)
    local_store().uploads.write_text("no folder can be made here")
    answer = start_upload(alices)
    assert (answer.status_code, answer.json()["code"]) == (503, "store.failed")
    assert not Video.objects.exists()


def test_a_source_is_noted_once_however_often_it_is_announced(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    complete(alices, video_id)
    key = f"sources/{video_id}/source"
    told = [object_created(source_key=key, noticed_by=NoticedBy.EVENT) for _ in range(2)]
    assert told == [Outcome.REPEATED, Outcome.REPEATED]
    assert Job.objects.count() == 1


def test_an_object_that_is_no_videos_source_is_ignored(db: None) -> None:
    stray = local_store().object_path("sources/stray/source")
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"film")
    assert object_created(source_key="sources/stray/source", noticed_by=NoticedBy.EVENT) == Outcome.UNKNOWN


def test_an_upload_that_expired_cannot_be_completed_and_says_so(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1])
    sweep_uploads(now=timezone.now() + timedelta(days=4))
    answer = complete(alices, video_id)
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "upload.expired",
        "message": "This upload was not finished in time, and its parts are gone. Choose the file again.",
    }


def test_giving_up_frees_the_disk_and_forgets_the_video(alices: Client) -> None:
    video_id = begin(alices, THREE_PARTS, parts=[1, 3])
    answer = alices.delete(f"/api/uploads/{video_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert [*local_store().uploads.iterdir()] == []
    assert not Video.objects.present().exists()
    assert not Upload.objects.exists()


def test_giving_up_twice_is_not_found(alices: Client) -> None:
    video_id = start_upload(alices).json()["videoId"]
    alices.delete(f"/api/uploads/{video_id}")
    assert alices.delete(f"/api/uploads/{video_id}").status_code == 404


def test_giving_up_what_was_completed_meanwhile_keeps_the_video(alices: Client, alice: User) -> None:
    video_id = begin(alices, b"film", parts=[1])
    upload = get_upload(user=alice, video_id=Video.objects.get().pk)
    complete(alices, video_id)
    with pytest.raises(UserError, match="it is a video now"):
        upload_abort(upload=upload)
    assert Video.objects.get().upload_status == UploadStatus.UPLOADED
    assert source_of(video_id) == b"film"


@pytest.mark.django_db(transaction=True)
def test_giving_up_a_source_that_is_whole_but_not_yet_noted_leaves_no_file(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    store, key = local_store(), f"sources/{video_id}/source"
    upload_id = next(store.uploads.iterdir()).name
    store.complete_upload(key, upload_id, store.list_parts(key, upload_id))
    alices.delete(f"/api/uploads/{video_id}")
    assert store.head(key) is None
    assert not Video.objects.present().exists()


def test_the_store_holds_nothing_of_the_upload_but_the_source_afterwards(alices: Client) -> None:
    video_id = begin(alices, b"x" * PART + b"y", parts=[1, 2])
    complete(alices, video_id)
    assert [*local_store().uploads.iterdir()] == []
    files = {path.name for path in local_store().object_path(f"sources/{video_id}/source").parent.iterdir()}
    assert files == {"source", "source.etag"}


def test_a_marker_that_a_power_cut_left_empty_is_a_part_that_has_not_arrived(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    (next(local_store().uploads.iterdir()) / "parts" / "1.json").write_text("")
    assert complete(alices, video_id).json()["missing"] == [1]
    assert alices.get("/api/uploads").json()["items"][0]["parts"] == []


def test_an_uploads_own_description_that_a_power_cut_left_empty_is_an_upload_without_parts(alices: Client) -> None:
    video_id = begin(alices, b"film", parts=[1])
    (next(local_store().uploads.iterdir()) / "upload.json").write_text(json.dumps({})[:0])
    assert alices.get(f"/api/uploads/{video_id}").json()["parts"] == []
    assert alices.delete(f"/api/uploads/{video_id}").status_code == 204
