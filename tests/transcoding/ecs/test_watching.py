"""What ECS says of tasks, asked or by itself, and what becomes of their attempts."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import first_report, report_of
from tests.transcoding.ecs.cluster import ARN, Cluster, Refusal
from tests.transcoding.ecs.conftest import Hints, do_hints, sweep, upload
from transcoding.ecs.launcher import EcsLauncher, Look
from transcoding.ecs.watching import look_after_machines
from transcoding.models import Attempt, Job, JobEvent
from transcoding.reports import report_record
from transcoding.services import attempt_start, job_cancel

pytestmark = pytest.mark.django_db(transaction=True)

MEMORY = "OutOfMemoryError: Container killed due to memory usage"
Moves = Callable[..., dict[str, Any]]


@pytest.fixture
def task(cluster: Cluster, attempt: Attempt) -> Moves:
    """Moves the attempt's task on, as ECS would."""

    def move(status: str, **facts: Any) -> dict[str, Any]:
        row = cluster.tasks[attempt.external_id]
        return row | {"lastStatus": status, "version": row["version"] + 1, **facts}

    def remember(status: str, **facts: Any) -> dict[str, Any]:
        cluster.tasks[attempt.external_id] = moved = move(status, **facts)
        return moved

    return remember


def killed(exit_code: int, reason: str = "") -> dict[str, Any]:
    containers = [{"name": "transcoder", "exitCode": exit_code, "reason": reason}]
    return {"stopCode": "EssentialContainerExited", "desiredStatus": "STOPPED", "containers": containers}


def look(*, seconds: float = 0) -> None:
    look_after_machines(now=timezone.now() + timedelta(seconds=seconds))
    do_hints()


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


@pytest.mark.parametrize(
    ("facts", "code", "launchers"),
    [
        ({"stopCode": "SpotInterruption"}, "platform.interrupted", ["ecs", "ecs"]),
        ({"stopCode": "UserInitiated"}, "platform.task-stopped", ["ecs", "ecs"]),
        (killed(139), "platform.worker-lost", ["ecs", "ecs"]),
        (killed(137, MEMORY), "platform.out-of-memory", ["ecs", "ecs"]),
    ],
)
def test_a_task_that_stopped_without_a_word_ends_its_attempt_and_another_starts(
    attempt: Attempt, task: Moves, facts: dict[str, Any], code: str, launchers: list[str]
) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    task("STOPPED", **facts)
    look()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.end_reason.partition(":")[0]) == ("LOST", code)
    assert list(Attempt.objects.order_by("number").values_list("launcher", flat=True)) == launchers


def test_the_report_of_a_transcoder_whose_task_stopped_is_too_late(attempt: Attempt, task: Moves) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    task("STOPPED", **killed(1))
    look()
    assert report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt)) == "superseded"


def test_a_transcoder_that_said_how_it_ended_is_believed(attempt: Attempt, task: Moves) -> None:
    failure = report_of(attempt, status="FAILED", error={"code": "source.broken", "message": "Not a video."})
    report_record(job_id=attempt.job_id, attempt_number=1, report=failure)
    task("STOPPED", **killed(1))
    look()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.machine_status) == ("FAILED", "STOPPED")
    assert Attempt.objects.count() == 1
    assert attempt.end_reason == "source.broken: Not a video."


def test_a_machine_that_was_taken_away_is_no_try(cluster: Cluster, attempt: Attempt) -> None:
    for _ in range(4):
        current = Attempt.objects.live().get()
        cluster.tasks[current.external_id] |= {"lastStatus": "STOPPED", "version": 9, "stopCode": "SpotInterruption"}
        look()
    assert Attempt.objects.live().get().number == 5


@pytest.mark.parametrize("reported_first", [True, False])
def test_a_machine_that_was_taken_away_in_mid_transcode_gives_one_new_attempt(
    cluster: Cluster, attempt: Attempt, *, reported_first: bool
) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    goodbye = report_of(attempt, status="FAILED", error={"code": "platform.interrupted", "message": "Told to stop."})
    cluster.tasks[attempt.external_id] |= {"lastStatus": "STOPPED", "version": 9, "stopCode": "SpotInterruption"}
    if reported_first:
        report_record(job_id=attempt.job_id, attempt_number=1, report=goodbye)
    look()
    if not reported_first:
        assert report_record(job_id=attempt.job_id, attempt_number=1, report=goodbye) == "superseded"
    attempt.refresh_from_db()
    assert attempt.status == ("FAILED" if reported_first else "LOST")
    assert (attempt.end_reason.partition(":")[0], attempt.machine_status) == ("platform.interrupted", "STOPPED")
    second = Attempt.objects.live().get()
    assert (second.number, second.renditions.count(), cluster.alive[-1]) == (2, 0, second.external_id)
    assert Attempt.objects.that_failed(attempt.job).count() == 0


def test_two_machines_that_cannot_start_are_enough(cluster: Cluster, hints: Hints, attempt: Attempt) -> None:
    for _ in range(2):
        current = Attempt.objects.live().get()
        reason = "CannotPullContainerError: not found"
        cluster.tasks[current.external_id] |= {
            "lastStatus": "STOPPED", "version": 9, "stopCode": "TaskFailedToStart", "stoppedReason": reason,
        }  # fmt: skip
        look(seconds=60)
        assert Job.objects.get().status == "QUEUED"
        sweep(seconds=11)
    third = Attempt.objects.live().get()
    assert (third.number, third.launcher) == (3, "celery")
    assert third.launch_note == ("fell back to Celery: The task did not start: CannotPullContainerError: not found")
    assert len(hints()) == 1


def test_an_attempt_that_had_too_little_memory_gets_twice_as_much_once(cluster: Cluster, attempt: Attempt) -> None:
    attempt_start(job_id=attempt.job_id, number=1)
    cluster.tasks[attempt.external_id] |= {"lastStatus": "STOPPED", "version": 5, **killed(137, MEMORY)}
    look()
    second = Attempt.objects.live().get()
    overrides = cluster.called("RunTask")[-1]["overrides"]
    assert (second.number, overrides["cpu"], overrides["memory"]) == (2, "1024", "4096")
    attempt_start(job_id=attempt.job_id, number=2)
    cluster.tasks[second.external_id] |= {
        "lastStatus": "STOPPED", "version": 5, "memory": "4096", **killed(137, MEMORY)
    }  # fmt: skip
    look()
    job = Job.objects.get()
    assert (job.status, job.error_code) == ("FAILED", "platform.out-of-memory")


def test_a_machine_that_was_enlarged_stays_so_when_it_is_taken_away(cluster: Cluster, attempt: Attempt) -> None:
    for facts in (killed(137, MEMORY), {"stopCode": "SpotInterruption", "memory": "4096"}):
        current = Attempt.objects.live().get()
        attempt_start(job_id=current.job_id, number=current.number)
        cluster.tasks[current.external_id] |= {"lastStatus": "STOPPED", "version": 5, **facts}
        look()
    third = Attempt.objects.live().get()
    assert (third.number, cluster.called("RunTask")[-1]["overrides"]["memory"]) == (3, "4096")
    attempt_start(job_id=third.job_id, number=3)
    cluster.tasks[third.external_id] |= {
        "lastStatus": "STOPPED", "version": 5, "memory": "4096", **killed(137, MEMORY)
    }  # fmt: skip
    look()
    assert Job.objects.get().error_code == "platform.out-of-memory"


def test_there_is_no_bigger_machine_than_the_biggest(cluster: Cluster, attempt: Attempt) -> None:
    biggest = {"cpu": "16384", "memory": "122880"}
    cluster.tasks[attempt.external_id] |= {"lastStatus": "STOPPED", "version": 5, **biggest, **killed(137, MEMORY)}
    look()
    assert Job.objects.get().error_code == "platform.out-of-memory"


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
