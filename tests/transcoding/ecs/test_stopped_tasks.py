"""What becomes of the attempt of a task that has stopped, by why it did."""

from typing import Any

import pytest

from tests.factories import first_report, report_of
from tests.transcoding.ecs.cluster import Cluster
from tests.transcoding.ecs.conftest import MEMORY, Hints, Moves, killed, look, sweep
from transcoding.models import Attempt, Job
from transcoding.reports import report_record
from transcoding.services import attempt_start

pytestmark = pytest.mark.django_db(transaction=True)


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
    assert (second.number, second.job.renditions.count(), cluster.alive[-1]) == (2, 3, second.external_id)
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
