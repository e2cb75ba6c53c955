"""While the store does not answer, pages say so, and those that can do without it are shown."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import first_report, report_of, running, segments, uploaded_video
from tests.uploads.browsing import THREE_PARTS, begin, local_store
from transcoding.reports import report_record
from uploads.stores import StoreError

pytestmark = pytest.mark.usefixtures("redis")


def fail(*_: object, **__: object) -> None:
    raise StoreError("it is away")


def test_a_playlist_that_cannot_be_signed_is_answered_503_with_a_page(
    alices: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    first = [segments(quality, range(2)) for quality in ("720p", "240p", "audio")]
    report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt, renditions=first))
    monkeypatch.setattr(local_store(), "sign_get", fail)
    answer = alices.get(f"/videos/{attempt.job.video_id}/hls/720p.m3u8")
    assert answer.status_code == 503
    assert "The storage does not answer" in answer.content.decode()


def test_the_upload_page_is_shown_without_what_is_unfinished(alices: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(alices, THREE_PARTS, parts=[1])
    monkeypatch.setattr(local_store(), "list_parts", fail)
    assert alices.get("/upload/").status_code == 200
    assert alices.get("/api/uploads").status_code == 503
