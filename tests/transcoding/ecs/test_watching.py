"""What ECS says of tasks, asked or by itself, and what becomes of their attempts."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.transcoding.ecs.cluster import ARN, Cluster, Refusal
from tests.transcoding.ecs.conftest import Moves, do_hints, look, upload
from transcoding.ecs.launcher import EcsLauncher, Look
from transcoding.models import Attempt, Job, JobEvent
from transcoding.services import attempt_start, job_cancel

pytestmark = pytest.mark.django_db(transaction=True)


def events() -> list[str]:
    return list(JobEvent.objects.order_by("pk").values_list("reason", flat=True))


def test_the_poll_finds_how_a_machine_is(attempt: Attempt, task: Moves) -> None:
    task("PENDING")
    look()
    attempt.refresh_from_db()
    assert (attempt.machine_status, attempt.machine_version) == ("PENDING", 2)
    assert (attempt.machine_cpu, attempt.machine_memory_mib) == (1024, 2048)
    assert attempt.machine_changed_at
    assert events()[-1].endswith("is PENDING")


def test_a_state_that_is_known_is_no_news(attempt: Attempt, task: Moves) -> None:
    task("PENDING")
    look()
    version = Job.objects.get().version
    look(seconds=31)
    assert Job.objects.get().version == version


def test_ecs_is_asked_of_a_task_every_thirty_seconds_at_most(cluster: Cluster, attempt: Attempt) -> None:
    for seconds in (0, 10, 29):
        look(seconds=seconds)
    assert len(cluster.called("DescribeTasks")) == 1
    look(seconds=31)
    assert len(cluster.called("DescribeTasks")) == 2


def test_ecs_is_asked_of_a_hundred_tasks_at_once(cluster: Cluster, attempt: Attempt) -> None:
    for number in range(2, 151):
        Attempt.objects.create(
            job=attempt.job, number=number, launcher="ecs", status="LOST", external_id=f"{ARN}/{number}",
            ended_at=timezone.now(),
        )  # fmt: skip
    look()
    assert sorted(len(call["tasks"]) for call in cluster.called("DescribeTasks")) == [50, 100]


def test_tasks_are_asked_for_in_the_cluster_they_run_in(
    cluster: Cluster, attempt: Attempt, bob: User, settings: Settings
) -> None:
    cluster.tasks[attempt.external_id] |= {"lastStatus": "RUNNING", "version": 3}
    settings.ECS_CLUSTER = "more-films"
    elsewhere = ARN.replace("films", "more-films")
    Attempt.objects.create(
        job=upload(bob).job, number=2, launcher="ecs", status="LOST", external_id=f"{elsewhere}/1",
        ended_at=timezone.now(),
    )  # fmt: skip
    look()
    attempt.refresh_from_db()
    assert attempt.machine_status == "RUNNING"
    assert {call["cluster"] for call in cluster.called("DescribeTasks")} == {"films", "more-films"}
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    assert attempt.external_id not in cluster.alive


def test_a_cluster_that_is_gone_has_no_task_and_hides_no_other(cluster: Cluster, attempt: Attempt, bob: User) -> None:
    gone = Attempt.objects.create(
        job=upload(bob).job, number=2, launcher="ecs", status="LOST", external_id=f"{ARN.replace('films', 'gone')}/1",
        ended_at=timezone.now(), hinted_at=timezone.now() - timedelta(hours=1),
    )  # fmt: skip
    cluster.clusters.remove("gone")
    cluster.tasks[attempt.external_id] |= {"lastStatus": "RUNNING", "version": 3}
    look()
    attempt.refresh_from_db()
    gone.refresh_from_db()
    assert (attempt.machine_status, gone.machine_status) == ("RUNNING", "MISSING")


def test_a_cluster_that_may_not_be_asked_hides_no_other(cluster: Cluster, attempt: Attempt, bob: User) -> None:
    Attempt.objects.create(
        job=upload(bob).job, number=2, launcher="ecs", status="LOST", external_id=f"{ARN.replace('films', 'old')}/1",
        ended_at=timezone.now(),
    )  # fmt: skip
    cluster.denied.add("old")
    cluster.tasks[attempt.external_id] |= {"lastStatus": "RUNNING", "version": 3}
    look()
    attempt.refresh_from_db()
    assert attempt.machine_status == "RUNNING"
    assert {call["cluster"] for call in cluster.called("DescribeTasks")} == {"films", "old"}


def test_an_answer_that_holds_nothing_tells_nothing(cluster: Cluster, attempt: Attempt) -> None:
    cluster.is_hollow = True
    look()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.machine_status) == ("LAUNCHED", "")


def test_nothing_is_asked_where_no_task_is(cluster: Cluster, db: None) -> None:
    look()
    assert cluster.calls == []


def test_ecs_that_does_not_say_is_asked_again_later(cluster: Cluster, attempt: Attempt, task: Moves) -> None:
    task("RUNNING")
    cluster.faults["DescribeTasks"] = [Refusal("AccessDeniedException", "no")]
    look()
    look(seconds=31)
    attempt.refresh_from_db()
    assert attempt.machine_status == "RUNNING"


def test_a_task_that_has_only_just_been_started_may_be_unknown_yet(cluster: Cluster, attempt: Attempt) -> None:
    cluster.tasks.clear()
    look(seconds=59)
    attempt.refresh_from_db()
    assert attempt.status == "LAUNCHED"


def test_a_task_that_has_vanished_is_no_more(cluster: Cluster, attempt: Attempt) -> None:
    cluster.tasks.clear()
    look(seconds=61)
    attempt.refresh_from_db()
    assert (attempt.status, attempt.machine_status) == ("LOST", "MISSING")
    assert Attempt.objects.live().get().number == 2


def test_a_transcoder_that_reports_is_alive_whatever_ecs_knows(cluster: Cluster, attempt: Attempt) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    cluster.tasks.clear()
    look(seconds=61)
    attempt.refresh_from_db()
    assert attempt.status == "RUNNING"


@pytest.mark.parametrize("status", ["PROVISIONING", "PENDING", "RUNNING"])
def test_a_machine_that_never_begins_is_given_up_and_stopped(
    cluster: Cluster, attempt: Attempt, task: Moves, status: str
) -> None:
    task(status)
    look(seconds=569)
    assert Attempt.objects.count() == 1
    look(seconds=601)
    attempt.refresh_from_db()
    assert attempt.end_reason == f"platform.start-failed: The task was {status} for 10 minutes."
    assert cluster.alive == [Attempt.objects.live().get().external_id]


def test_an_attempt_that_begins_while_ecs_is_asked_is_not_given_up(
    cluster: Cluster, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(self: EcsLauncher, arns: list[str]) -> Look:
        attempt_start(job_id=attempt.job_id, number=1)
        return Look(seen=[], missing=[])

    monkeypatch.setattr(EcsLauncher, "look", begin)
    look(seconds=601)
    attempt.refresh_from_db()
    assert (attempt.status, Attempt.objects.count()) == ("RUNNING", 1)


def test_a_task_that_outlives_its_attempt_is_stopped(cluster: Cluster, attempt: Attempt) -> None:
    cluster.faults["StopTask"] = [Refusal("ServerException", status=500)] * 2
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    look(seconds=100)
    assert cluster.alive
    look(seconds=131)
    assert cluster.alive == []


def test_what_has_stopped_is_asked_after_no_more(cluster: Cluster, attempt: Attempt, task: Moves) -> None:
    job_cancel(job_id=attempt.job_id, by="alice")
    do_hints()
    task("STOPPED")
    look()
    look(seconds=100)
    assert len(cluster.called("DescribeTasks")) == 1


def test_one_task_that_cannot_be_dealt_with_does_not_stop_the_others(
    cluster: Cluster, attempt: Attempt, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = upload(bob)
    cluster.tasks[attempt.external_id]["lastStatus"] = "BROKEN\x00"
    cluster.tasks[other.external_id] |= {"lastStatus": "RUNNING", "version": 7}
    look()
    other.refresh_from_db()
    assert other.machine_status == "RUNNING"
