"""What watchers hear of a machine that is being started, and of the queue that it is not in."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from progress.messages import status_of
from progress.snapshot import snapshot_of, snapshots_of
from tests.factories import launched, uploaded_video
from transcoding.models import Attempt, Job
from transcoding.services import attempt_end, attempt_start
from transcoding.states import AttemptStatus
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")

ARN = "arn:aws:ecs:eu-central-1:123456789012:task/films/0123456789abcdef0123456789abcdef"


def on_ecs(attempt: Attempt, *, seconds: float = 0, **facts: Any) -> Attempt:
    """Let an attempt be ECS's, launched some seconds ago."""
    launched_at = timezone.now() - timedelta(seconds=seconds)
    Attempt.objects.filter(pk=attempt.pk).update(launcher="ecs", launched_at=launched_at, **facts)
    attempt.refresh_from_db()
    return attempt


@pytest.fixture
def video(alice: User) -> Video:
    """A video whose job waits for ECS."""
    video = uploaded_video(alice)
    on_ecs(launched(video), external_id="", seconds=12.5)
    return video


def test_without_a_task_it_is_waiting_for_a_machine_and_says_for_how_long(video: Video) -> None:
    assert snapshot_of(video)["machine"] == {"status": "WAITING", "ageSeconds": 12}


@pytest.mark.parametrize(
    ("told", "status"),
    [("", "PROVISIONING"), ("PROVISIONING", "PROVISIONING"), ("PENDING", "PENDING"), ("RUNNING", "RUNNING")],
)
def test_with_a_task_it_has_the_word_of_ecs(video: Video, told: str, status: str) -> None:
    Attempt.objects.update(external_id=ARN, machine_status=told)

    assert snapshot_of(video)["machine"] == {"status": status, "ageSeconds": 12}


def test_the_status_message_tells_the_same(video: Video) -> None:
    assert status_of(snapshot_of(video))["machine"] == {"status": "WAITING", "ageSeconds": 12}


def test_what_the_launch_waits_for_is_for_operators_alone(video: Video) -> None:
    Attempt.objects.update(launch_note="waiting for capacity: RESOURCE:CPU")

    assert "RESOURCE:CPU" not in str(snapshot_of(video))


def test_a_clock_that_was_set_back_makes_no_age_below_zero(video: Video) -> None:
    Attempt.objects.update(launched_at=timezone.now() + timedelta(minutes=5))

    assert snapshot_of(video)["machine"] == {"status": "WAITING", "ageSeconds": 0}


def test_a_transcoder_that_has_begun_is_no_machine_that_starts(video: Video) -> None:
    Attempt.objects.update(external_id=ARN, machine_status="RUNNING")
    attempt_start(job_id=Job.objects.get().pk, number=1)

    assert snapshot_of(video)["machine"] is None


def test_an_attempt_of_celery_is_no_machine_that_starts(alice: User) -> None:
    assert snapshot_of(launched(uploaded_video(alice)).job.video)["machine"] is None


def test_an_upload_has_no_machine(alice: User) -> None:
    video = uploaded_video(alice)
    Job.objects.all().delete()

    assert snapshot_of(video)["machine"] is None


def test_who_gets_a_machine_of_their_own_has_no_place_in_the_queue(video: Video, bob: User) -> None:
    behind = uploaded_video(bob)
    launched(behind)

    assert snapshot_of(video)["position"] is None
    assert snapshot_of(behind)["position"] == 1


def test_who_fell_back_to_celery_is_in_the_queue_by_their_time(video: Video, bob: User) -> None:
    behind = uploaded_video(bob)
    launched(behind)
    Attempt.objects.give_to_celery(Attempt.objects.get(job__video=video).pk, note="fell back to Celery: RESOURCE:CPU")

    assert [snapshot_of(each)["position"] for each in (video, behind)] == [1, 2]
    assert snapshot_of(video)["machine"] is None


def test_a_queued_job_of_a_site_on_ecs_waits_for_no_other(alice: User, bob: User, settings: Settings) -> None:
    queued, behind = uploaded_video(alice), uploaded_video(bob)
    launched(behind)
    settings.LAUNCHER = "ecs"

    assert snapshot_of(queued)["position"] is None
    assert snapshot_of(behind)["position"] == 1


def test_after_a_machine_that_was_lost_a_job_queues_where_celery_launches(video: Video) -> None:
    attempt = Attempt.objects.get()
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code="platform.start-failed", message="Gone.", delay_seconds=10
    )

    assert snapshot_of(video)["position"] == 1


def test_many_machines_cost_no_more_queries_than_one(video: Video, alice: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            snapshots_of(Video.objects.all())
        return len(seen)

    few = queries()
    for n in range(5):
        on_ecs(launched(uploaded_video(alice, name=f"{n}.mp4")))

    assert queries() == few
