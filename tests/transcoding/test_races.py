"""What happens at the same time, each in a thread with a database connection of its own."""

from collections.abc import Callable
from functools import partial
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.factories import report_of, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import attempt_start, job_cancel, job_retry, video_delete
from uploads import services as uploads
from uploads.arrivals import object_created
from uploads.errors import UserError
from uploads.models import NoticedBy, Video
from uploads.stores import get_store

pytestmark = [pytest.mark.usefixtures("redis"), pytest.mark.django_db(transaction=True)]


def at_once(deeds: list[Callable[[], object]]) -> None:
    """Do all of it at the same time; the first error is raised when all are done."""
    barrier = Barrier(len(deeds))
    errors: list[Exception] = []

    def do(deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            deed()
        except UserError:
            pass  # a refusal is an answer
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_two_retries_at_once_make_one_job(alice: User) -> None:
    old = Job.objects.get(video=uploaded_video(alice))
    job_cancel(job_id=old.pk, by="alice")
    outcomes: list[str] = []

    def retry() -> None:
        try:
            job_retry(job_id=old.pk, by="admin")
        except UserError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("made")

    at_once([retry] * 4)

    assert sorted(outcomes) == ["job.not-over"] * 3 + ["made"]
    assert Job.objects.filter(video=old.video).count() == 2


def test_of_claims_at_once_one_wins(alice: User) -> None:
    attempt = Attempt.objects.live().get(job__video=uploaded_video(alice))
    claims: list[Attempt | None] = []

    at_once([lambda: claims.append(attempt_start(job_id=attempt.job_id, number=1))] * 4)

    assert sum(claim is not None for claim in claims) == 1


def test_a_cancel_and_a_success_at_once_agree_on_one_end(alice: User) -> None:
    video = uploaded_video(alice)
    attempt = Attempt.objects.live().get(job__video=video)
    attempt_start(job_id=attempt.job_id, number=1)
    ready = [{"quality": "720p", "kind": "video", "width": 2, "height": 2, "status": "READY"}]
    source = {"width": 2, "height": 2, "durationSeconds": 1.0, "videoCodec": "h264"}
    success = report_of(attempt, status="SUCCEEDED", source=source, renditions=ready)

    at_once(
        [
            lambda: job_cancel(job_id=attempt.job_id, by="alice"),
            lambda: report_record(job_id=attempt.job_id, attempt_number=1, report=success),
        ]
    )

    attempt.refresh_from_db()
    assert attempt.status in {"CANCELLED", "SUCCEEDED"}
    assert Job.objects.get(pk=attempt.job_id).status == attempt.status


def test_a_deletion_and_the_end_of_the_upload_at_once_leave_no_live_job(alice: User) -> None:
    for n in range(5):
        opened, _ = uploads.upload_start(
            owner=alice, name=f"{n}.mp4", size_bytes=1, content_type="video/mp4", last_modified_ms=n
        )
        video, store = opened.video, get_store()
        store.put_part(video.source_key, opened.store_upload_id, 1, [b"x"])  # type: ignore[attr-defined]  # tests use the local store
        parts = store.list_parts(video.source_key, opened.store_upload_id)
        store.complete_upload(video.source_key, opened.store_upload_id, parts)

        at_once(
            [
                partial(object_created, source_key=video.source_key, noticed_by=NoticedBy.EVENT),
                partial(video_delete, video=video, by="alice"),
            ]
        )

    assert not Job.objects.live().exists()
    assert not Video.objects.present().exists()


def test_a_rejection_a_retry_a_cancel_and_a_deletion_at_once_never_block_each_other(alice: User) -> None:
    for n in range(5):
        video = uploaded_video(alice, name=f"{n}.mp4")
        attempt = Attempt.objects.live().get(job__video=video)
        attempt_start(job_id=attempt.job_id, number=1)
        failure = report_of(attempt, status="FAILED", error={"code": "source.broken", "message": "It is broken."})
        job_id = attempt.job_id

        at_once(
            [
                partial(report_record, job_id=job_id, attempt_number=1, report=failure),
                partial(job_retry, job_id=job_id, by="admin"),
                partial(job_cancel, job_id=job_id, by="alice"),
                partial(video_delete, video=video, by="alice"),
            ]
        )

    assert not Job.objects.live().exists()
