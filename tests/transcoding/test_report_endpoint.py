"""The transcoder's door: who may report, what is taken in, and what the answer is."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests import factories
from tests.factories import SOURCE, running, segments, uploaded_video
from transcoding.models import Attempt, Job, Segment
from transcoding.services import attempt_end, job_cancel
from transcoding.states import AttemptStatus
from transcoding.tokens import make_token
from uploads.models import Video
from vidsite.asgi import application

pytestmark = pytest.mark.usefixtures("redis")

RENDITIONS: list[dict[str, Any]] = list(factories.RENDITIONS)
READY = [{"quality": r["quality"], "status": "READY", "progress": 100} for r in RENDITIONS]


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt that a transcoder has claimed."""
    return running(uploaded_video(alice))


def post(attempt: Attempt, /, *, token: str | None = None, raw: str | None = None, **facts: Any) -> Any:
    """Post a report as a transcoder does: no cookies, no CSRF token."""
    body = {"videoId": str(attempt.job.video_id), "attempt": attempt.number, "status": "RUNNING", **facts}
    return Client(enforce_csrf_checks=True).post(
        f"/api/jobs/{attempt.job_id}/reports",
        json.dumps(body) if raw is None else raw,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or make_token(attempt.job_id, attempt.number)}"},
    )


def declare(attempt: Attempt, /, **facts: Any) -> Any:
    """Post the first report after the probe."""
    return post(attempt, source=SOURCE, renditions=RENDITIONS, stage="ENCODING", **facts)


def one(quality: str = "720p", **facts: object) -> list[dict[str, Any]]:
    return [{"quality": quality, **facts}]


def percents(attempt: Attempt) -> dict[str, int]:
    return dict(attempt.renditions.values_list("quality", "percent"))


def test_a_report_is_answered_with_continue(attempt: Attempt) -> None:
    answer = declare(attempt)

    assert answer.status_code == 200
    assert answer.json() == {"continue": True}


def test_the_first_report_says_which_renditions_there_are(attempt: Attempt) -> None:
    declare(attempt)

    told = attempt.renditions.order_by("rank").values_list("quality", "kind", "width", "height", "codecs")
    assert list(told) == [
        ("720p", "video", 1280, 720, "avc1.64001f"),
        ("240p", "video", 426, 240, "avc1.640015"),
        ("audio", "audio", None, None, "mp4a.40.2"),
    ]


def test_a_missing_key_means_as_before(attempt: Attempt) -> None:
    declare(attempt, speed=1.5, poster={"width": 1280, "height": 720})
    post(attempt, renditions=one(progress=5))

    job = Job.objects.get(pk=attempt.job_id)
    assert (job.stage, job.speed, job.duration_seconds) == ("ENCODING", 1.5, 60.0)
    assert job.poster == {"width": 1280, "height": 720}


def test_a_report_claims_an_attempt_that_nobody_has_claimed(attempt: Attempt) -> None:
    Attempt.objects.update(status="LAUNCHED", lease_until=None)
    Job.objects.update(status="LAUNCHED")

    assert post(attempt).status_code == 200
    attempt.refresh_from_db()
    assert (attempt.status, attempt.job.status) == ("RUNNING", "RUNNING")


def test_a_report_renews_the_lease(attempt: Attempt) -> None:
    before = attempt.lease_until
    post(attempt, cpuSeconds=12.5)

    attempt.refresh_from_db()
    assert before is not None
    assert attempt.lease_until is not None
    assert attempt.lease_until > before
    assert attempt.cpu_seconds == 12.5


def test_without_a_token_the_answer_is_401(attempt: Attempt) -> None:
    answer = Client().post(f"/api/jobs/{attempt.job_id}/reports", {}, content_type="application/json")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not-signed-in"


def test_a_token_of_another_job_is_refused(attempt: Attempt, bob: User) -> None:
    other = running(uploaded_video(bob))

    assert post(attempt, token=make_token(other.job_id, 1)).status_code == 401


def test_a_token_that_is_too_old_is_refused(attempt: Attempt, settings: Settings) -> None:
    token = make_token(attempt.job_id, 1)
    settings.REPORT_TOKEN_SECONDS = -1

    assert post(attempt, token=token).status_code == 401


def test_a_wrong_token_is_refused_before_the_body_is_parsed(attempt: Attempt) -> None:
    assert post(attempt, token="wrong", raw="{this is no JSON").status_code == 401


def test_a_browsers_session_is_no_token(attempt: Attempt, alices: Client) -> None:
    answer = alices.post(f"/api/jobs/{attempt.job_id}/reports", {}, content_type="application/json")

    assert answer.status_code == 401


def test_a_token_for_an_attempt_that_does_not_exist_finds_nothing(attempt: Attempt) -> None:
    token = make_token(attempt.job_id, 9)

    assert post(attempt, token=token, attempt=9).status_code == 404


def test_a_report_of_another_attempt_than_the_tokens_is_refused(attempt: Attempt) -> None:
    answer = post(attempt, attempt=2)

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.wrong-job"


def test_a_report_of_another_video_than_the_jobs_is_refused(attempt: Attempt) -> None:
    assert post(attempt, videoId=str(uuid4())).json()["code"] == "report.wrong-job"


@pytest.mark.parametrize(
    "facts",
    [
        {"renditions": one(progress=101)},
        {"renditions": one(progress=-1)},
        {"renditions": one(progress=31.5)},
        {"renditions": one(progress="many")},
        {"renditions": one(quality="720P")},
        {"renditions": one(quality="../../x")},
        {"renditions": one(quality="a" * 17)},
        {"renditions": one(status="DONE")},
        {"renditions": one(codecs='avc1",X="')},
        {"renditions": [{"quality": f"q{n}"} for n in range(33)]},
        {"renditions": one(segments=[{"n": -1, "duration": 4, "bytes": 1}])},
        {"renditions": one(segments=[{"n": 1, "duration": 0, "bytes": 1}])},
        {"renditions": one(segments=[{"n": 1, "duration": 4, "bytes": 0}])},
        {"renditions": one(segments=[{"n": n, "duration": 4, "bytes": 1} for n in range(1001)])},
        {"status": "LOST"},
        {"status": "CANCELLED"},
        {"stage": "RESTING"},
        {"seq": -1},
        {"speed": -0.1},
        {"encodedSeconds": 10**8},
        {"poster": {"width": 0, "height": 720}},
        {"error": {"code": "user.fault", "message": ""}},
        {"error": {"code": "source.x", "message": "m" * 501}},
        {"logTail": "l" * 20_001},
        {"storyboard": {"tileWidth": 1, "tileHeight": 1, "columns": 1, "rows": 1, "count": 1,
                        "intervalSeconds": 1e308}},
        {"source": {**SOURCE, "width": 0}},
        {"source": {**SOURCE, "videoCodec": "c" * 61}},
    ],
    ids=lambda facts: json.dumps(facts)[:60],
)  # fmt: skip
def test_a_value_out_of_bounds_is_refused(attempt: Attempt, facts: dict[str, Any]) -> None:
    declare(attempt)

    answer = post(attempt, **facts)

    assert answer.status_code == 422
    assert answer.json()["code"] == "invalid"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("key", ["speed", "encodedSeconds", "cpuSeconds"])
def test_what_is_no_number_is_refused(attempt: Attempt, key: str, number: str) -> None:
    body = f'{{"videoId": "{attempt.job.video_id}", "attempt": 1, "status": "RUNNING", "{key}": {number}}}'

    assert post(attempt, raw=body).status_code == 422


def test_a_quality_that_was_not_declared_is_refused_with_all_that_came_with_it(attempt: Attempt) -> None:
    declare(attempt)

    answer = post(attempt, renditions=[*one(progress=50), *one(quality="1080p", progress=50)])

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.unknown-quality"
    assert percents(attempt)["720p"] == 0


@pytest.mark.parametrize(
    ("source", "renditions"),
    [
        (None, RENDITIONS),
        (SOURCE, [{"quality": "720p", "width": 1280, "height": 720}]),
        (SOURCE, [{"quality": "720p", "kind": "video"}]),
    ],
    ids=["no source", "no kind", "no size"],
)
def test_renditions_that_were_not_described_are_refused(attempt: Attempt, source: object, renditions: object) -> None:
    answer = post(attempt, source=source, renditions=renditions)

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.undeclared"


def test_a_quality_declared_twice_is_refused(attempt: Attempt) -> None:
    answer = post(attempt, source=SOURCE, renditions=[RENDITIONS[0], RENDITIONS[0]])

    assert answer.status_code == 422


def test_a_lower_percentage_is_taken_without_effect(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, renditions=one(progress=40))

    assert post(attempt, renditions=one(progress=25)).status_code == 200
    assert percents(attempt)["720p"] == 40


def test_a_rendition_that_is_being_encoded_says_so_before_its_first_percent(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, renditions=one(progress=0, status="ENCODING"))

    assert attempt.renditions.get(quality="720p").status == "ENCODING"


def test_a_report_that_was_overtaken_brings_no_old_stage_back(attempt: Attempt) -> None:
    declare(attempt, seq=1)
    post(attempt, seq=3, stage="FINISHING", speed=2.0)
    post(attempt, seq=2, stage="ENCODING", speed=1.0, renditions=one(progress=60))

    job = Job.objects.get(pk=attempt.job_id)
    assert (job.stage, job.speed) == ("FINISHING", 2.0)
    assert percents(attempt)["720p"] == 60


def test_segments_sent_twice_are_stored_once(attempt: Attempt) -> None:
    declare(attempt)
    for _ in range(2):
        post(attempt, renditions=[segments("720p", range(3))])

    stored = Segment.objects.filter(rendition__quality="720p").order_by("number")
    assert [segment.number for segment in stored] == [0, 1, 2]


def test_every_report_raises_the_version(attempt: Attempt) -> None:
    versions = []
    for _ in range(3):
        post(attempt)
        versions.append(Job.objects.get(pk=attempt.job_id).version)

    assert versions == sorted(set(versions))


def test_success_ends_the_attempt_and_the_job(attempt: Attempt) -> None:
    declare(attempt)

    assert post(attempt, status="SUCCEEDED", renditions=READY).status_code == 200
    attempt.refresh_from_db()
    assert (attempt.status, attempt.job.status) == ("SUCCEEDED", "SUCCEEDED")
    assert set(percents(attempt).values()) == {100}


def test_success_without_every_rendition_ready_is_refused(attempt: Attempt) -> None:
    declare(attempt)

    answer = post(attempt, status="SUCCEEDED", renditions=READY[:1])

    assert answer.status_code == 422
    assert answer.json()["code"] == "report.not-ready"
    assert Job.objects.get(pk=attempt.job_id).status == "RUNNING"


def test_success_without_any_rendition_is_refused(attempt: Attempt) -> None:
    assert post(attempt, status="SUCCEEDED").json()["code"] == "report.not-ready"


@pytest.mark.parametrize(
    "final",
    [
        {"status": "SUCCEEDED", "renditions": READY},
        {"status": "FAILED", "error": {"code": "source.unreadable", "message": "This is no video."}},
        {"status": "FAILED", "error": {"code": "platform.disk-full", "message": "No space left."}},
    ],
    ids=["succeeded", "source", "platform"],
)
def test_a_final_report_whose_answer_was_lost_is_accepted_again(attempt: Attempt, final: dict[str, Any]) -> None:
    declare(attempt)
    answers = [post(attempt, **final) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert attempt.job.events.filter(new__in=["SUCCEEDED", "FAILED"]).count() <= 1
    assert Attempt.objects.filter(job=attempt.job, number=1).count() == 1


def test_an_attempt_that_was_replaced_is_told_to_stop(attempt: Attempt) -> None:
    attempt_end(attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost", message="Silent.")

    answer = post(attempt)

    assert answer.status_code == 409
    assert answer.json() == {"continue": False, "reason": "superseded"}


def test_an_attempt_of_a_cancelled_job_is_told_to_stop(attempt: Attempt) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")

    answer = post(attempt)

    assert answer.status_code == 409
    assert answer.json() == {"continue": False, "reason": "cancelled"}


def test_a_cancelled_job_stays_cancelled_when_its_success_comes_late(attempt: Attempt) -> None:
    declare(attempt)
    job_cancel(job_id=attempt.job_id, by="alice")

    answer = post(attempt, status="SUCCEEDED", renditions=READY)

    assert answer.status_code == 409
    assert Job.objects.get(pk=attempt.job_id).status == "CANCELLED"


def test_a_late_report_changes_nothing_of_a_finished_job(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, status="SUCCEEDED", renditions=READY)
    before = Job.objects.values().get(pk=attempt.job_id)

    assert post(attempt, stage="ENCODING", renditions=one(progress=10)).status_code == 409
    assert Job.objects.values().get(pk=attempt.job_id) == before


def test_a_source_error_fails_the_job_for_good_and_rejects_the_video(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "source.no-video-stream", "message": "There is no picture."})

    job = Job.objects.get(pk=attempt.job_id)
    assert (job.status, job.error_code, job.error_message) == (
        "FAILED",
        "source.no-video-stream",
        "There is no picture.",
    )
    assert Video.objects.get(pk=job.video_id).upload_status == "REJECTED"
    assert job.attempts.count() == 1


def test_a_platform_error_queues_the_job_again_after_a_while(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "platform.disk-full", "message": "No space."}, logTail="ENOSPC")

    job = Job.objects.get(pk=attempt.job_id)
    attempt.refresh_from_db()
    assert job.status == "QUEUED"
    assert attempt.ended_at is not None
    assert 5 < (job.launch_after - attempt.ended_at).total_seconds() < 15
    assert (attempt.status, attempt.log_tail) == ("FAILED", "ENOSPC")


def test_an_interrupted_attempt_is_followed_at_once(attempt: Attempt) -> None:
    post(attempt, status="FAILED", error={"code": "platform.interrupted", "message": "Told to stop."})

    job = Job.objects.get(pk=attempt.job_id)
    attempt.refresh_from_db()
    assert attempt.ended_at is not None
    assert (job.launch_after - attempt.ended_at).total_seconds() < 1


def test_a_failure_without_a_word_is_ours(attempt: Attempt) -> None:
    post(attempt, status="FAILED")

    attempt.refresh_from_db()
    assert attempt.end_reason.startswith("platform.unknown")
    assert attempt.job.status == "QUEUED"


def test_text_that_no_database_can_hold_is_kept_without_its_nul(attempt: Attempt) -> None:
    answer = post(
        attempt, status="FAILED", error={"code": "source.broken", "message": "bad\0 file"}, logTail="a\0b"
    )  # fmt: skip

    assert answer.status_code == 200
    attempt.refresh_from_db()
    assert (attempt.log_tail, attempt.job.error_message) == ("ab", "bad file")


async def answer_to(path: str, body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
        "http_version": "1.1", "scheme": "http", "headers": headers, "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1), "root_path": "", "asgi": {"version": "3.0"},
    }  # fmt: skip
    site: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]  # asgiref leaves it untyped
    await site.send_input({"type": "http.request", "body": body})
    started = await site.receive_output(5)
    await site.receive_output(5)
    return int(started["status"])


@pytest.mark.asyncio
async def test_a_body_over_the_limit_is_refused() -> None:
    body = b"x" * (1024 * 1024 + 1)
    headers = [(b"host", b"127.0.0.1"), (b"content-length", str(len(body)).encode())]

    assert await answer_to(f"/api/jobs/{UUID(int=1)}/reports", body, headers) == 413
