"""What is taken in of a report, and how it is answered."""

import pytest

from tests.factories import segments
from tests.transcoding.reporting import declare, one, percents, post
from transcoding.models import Attempt, Job, Segment

pytestmark = pytest.mark.usefixtures("redis")


def test_a_report_is_answered_with_continue(attempt: Attempt) -> None:
    answer = declare(attempt)

    assert answer.status_code == 200
    assert answer.json() == {"continue": True}


def test_the_first_report_says_which_renditions_there_are(attempt: Attempt) -> None:
    declare(attempt)

    told = attempt.job.renditions.order_by("rank").values_list("quality", "kind", "width", "height", "codecs")
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


def test_a_lower_percentage_is_taken_without_effect(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, renditions=one(progress=40))

    assert post(attempt, renditions=one(progress=25)).status_code == 200
    assert percents(attempt)["720p"] == 40


def test_a_rendition_that_is_being_encoded_says_so_before_its_first_percent(attempt: Attempt) -> None:
    declare(attempt)
    post(attempt, renditions=one(progress=0, status="ENCODING"))

    assert attempt.job.renditions.get(quality="720p").status == "ENCODING"


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
