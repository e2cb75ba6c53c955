"""What is refused of a report, and what is mended."""

import json
from typing import Any
from uuid import UUID

import pytest
from asgiref.testing import ApplicationCommunicator

from tests.factories import SOURCE
from tests.transcoding.reporting import RENDITIONS, declare, one, percents, post
from transcoding.models import Attempt
from vidsite.asgi import application

pytestmark = pytest.mark.usefixtures("redis")


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
        {"cpuSeconds": -0.1},
        {"peakMemoryMib": -1},
        {"peakMemoryMib": 2**24 + 1},
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
