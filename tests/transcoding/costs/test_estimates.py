"""What a video will cost, before it is transcoded."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from tests.factories import SOURCE
from tests.transcoding.costs.conftest import Finished, after
from transcoding.costs import Estimate, estimate_of, estimates_of
from transcoding.models import Job
from uploads.models import Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def video(alice: User) -> Video:
    """Twenty megabytes of which nothing else is known."""
    return Video.objects.create(owner=alice, title="Another", size_bytes=20_000_000)


@pytest.fixture
def on_ecs(settings: Settings) -> Settings:
    """The settings of a site that launches on Fargate."""
    settings.LAUNCHER, settings.ECS_LAUNCH_TYPE, settings.ECS_CAPACITY_PROVIDERS = "ecs", "FARGATE", []
    return settings


def probe(video: Video, *, number: int = 1, **facts: Any) -> None:
    """Let an earlier job of a video have found out what it is."""
    info = {**SOURCE, "frameRate": 25.0, **facts}
    Job.objects.create(
        video=video, number=number, status="FAILED", source_info=info, duration_seconds=info["durationSeconds"]
    )


def estimated(video: Video) -> Estimate:
    estimate = estimate_of(video)
    assert estimate
    return estimate


def a_task(**facts: Any) -> dict[str, Any]:
    """Return the facts of an attempt of 2 vCPUs that ran for a minute, and was paid for 90 seconds."""
    return {
        "launcher": "ecs", "machine_cpu": 2048, "machine_memory_mib": 4096, "machine_provider": "FARGATE",
        "started_at": after(0), "ended_at": after(60), "vcpu_seconds": 180.0, "cpu_seconds": 60.0, **facts,
    }  # fmt: skip


def test_a_video_as_those_that_are_finished_costs_what_they_did(finished: Finished, video: Video) -> None:
    finished(cpu_seconds=30.0)
    probe(video)
    estimate = estimated(video)
    assert estimate.vcpu_seconds == pytest.approx(30.0)
    assert estimate.amount == Decimal("0.0003")
    assert (estimate.currency, estimate.basis) == ("USD", "from 1 finished video")


@pytest.mark.parametrize(
    ("facts", "times"),
    [
        ({"durationSeconds": 180.0}, 3),
        ({"frameRate": 50.0}, 2),
        ({"frameRate": None}, 1.2),
        ({"width": 1920, "height": 1080}, 2.25),
    ],
)
def test_a_longer_faster_or_larger_video_costs_more(
    finished: Finished, video: Video, settings: Settings, facts: dict[str, Any], times: float
) -> None:
    settings.LADDER = [1080, 720]
    finished(cpu_seconds=30.0)
    probe(video, **facts)
    more = estimated(video).vcpu_seconds / 30.0
    # With two rungs instead of one there is a little more to do for each pixel of the source.
    assert times <= more * 1.000001
    assert more < times * 1.5


@pytest.mark.parametrize(("told", "encoded"), [(120.0, 60.0), (240.0, 60.0), (90.0, 45.0), (57_600.0, 30.0)])
def test_frames_that_are_never_encoded_cost_nothing(
    finished: Finished, video: Video, told: float, encoded: float
) -> None:
    finished(source={"frameRate": told})
    probe(video, frameRate=encoded)
    assert estimated(video).vcpu_seconds == pytest.approx(30.0)


def test_one_strange_video_does_not_mislead(finished: Finished, video: Video) -> None:
    for cpu_seconds in (29.0, 30.0, 31.0, 31.0, 4000.0):
        finished(cpu_seconds=cpu_seconds)
    probe(video)
    assert estimated(video).vcpu_seconds == pytest.approx(31.0)


def test_of_a_video_that_was_never_probed_the_size_is_all_that_is_known(finished: Finished, video: Video) -> None:
    finished(megabytes=10, cpu_seconds=30.0)
    estimate = estimated(video)
    assert estimate.vcpu_seconds == pytest.approx(60.0)
    assert estimate.basis == "from 1 finished video, by the size of the file alone"


def test_a_site_that_has_finished_nothing_goes_by_what_was_measured_elsewhere(video: Video) -> None:
    probe(video)
    estimate = estimated(video)
    assert 20 < estimate.vcpu_seconds < 60
    assert estimate.basis == "from figures measured elsewhere, as no video is finished here yet"


def test_attempts_that_came_to_nothing_teach_nothing(finished: Finished, video: Video) -> None:
    finished(status="LOST", cpu_seconds=9.0)
    finished(cpu_seconds=0.0)
    assert "no video is finished" in estimated(video).basis


def test_on_ecs_the_size_of_the_task_its_idle_part_and_its_start_are_paid(
    finished: Finished, video: Video, on_ecs: Settings
) -> None:
    finished(**a_task())
    probe(video, durationSeconds=120.0)
    estimate = estimated(video)
    # 120 s of CPU, as 60 s took 60; half of the task is busy, and it is paid for 30 s more.
    assert estimate.vcpu_seconds == pytest.approx(2 * (30 + 120))
    assert estimate.amount == Decimal("0.004167")


def test_before_a_task_has_run_the_usual_one_is_assumed(video: Video, on_ecs: Settings) -> None:
    assert estimated(video).vcpu_seconds == pytest.approx(4 * 60 + 20_000_000 * 1.6e-6 / 0.9)


def test_a_task_is_estimated_at_a_minute_at_least(finished: Finished, video: Video, on_ecs: Settings) -> None:
    finished(**a_task(vcpu_seconds=120.0, started_at=after(0), ended_at=after(60)))
    probe(video, durationSeconds=1.0)
    assert estimated(video).vcpu_seconds == 2 * 60


def test_the_dearest_provider_that_may_be_used_is_reckoned_with(video: Video, on_ecs: Settings) -> None:
    alone = estimated(video).amount
    on_ecs.ECS_CAPACITY_PROVIDERS = ["FARGATE_SPOT:3", "FARGATE:1"]
    assert estimated(video).amount == alone
    on_ecs.ECS_CAPACITY_PROVIDERS = ["FARGATE_SPOT"]
    assert estimated(video).amount == pytest.approx(alone * Decimal("0.3"), abs=Decimal("0.000001"))


def test_a_provider_without_weight_is_not_reckoned_with(video: Video, on_ecs: Settings) -> None:
    on_ecs.ECS_CAPACITY_PROVIDERS = ["FARGATE_SPOT:1"]
    alone = estimated(video)
    on_ecs.ECS_CAPACITY_PROVIDERS = ["FARGATE_SPOT:1", "FARGATE:0"]
    assert estimated(video) == alone


def test_a_small_video_that_celery_gets_is_estimated_so(video: Video, on_ecs: Settings) -> None:
    on_ecs.ECS_CELERY_MAX_BYTES = 20_000_000
    assert estimated(video).amount == Decimal("0.00032")


def test_without_a_price_there_is_no_estimate(video: Video, on_ecs: Settings) -> None:
    on_ecs.ECS_LAUNCH_TYPE = "EC2"
    assert estimate_of(video) is None


def test_what_the_newest_job_found_out_counts(finished: Finished, video: Video) -> None:
    finished(cpu_seconds=30.0)
    probe(video, durationSeconds=600.0)
    probe(video, number=2)
    assert estimated(video).vcpu_seconds == pytest.approx(30.0)


def test_it_takes_two_queries_however_many_videos_are_finished_or_asked_for(
    finished: Finished, video: Video, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    asked_for = [video, *(finished().job.video for _ in range(3))]
    with django_assert_num_queries(2):
        estimates = estimates_of(asked_for)
    assert [estimates[one.pk] for one in asked_for] == [estimate_of(one) for one in asked_for]
