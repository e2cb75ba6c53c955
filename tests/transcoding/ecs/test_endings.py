"""What a stopped task says of its attempt."""

from typing import Any

import pytest

from transcoding.ecs.endings import of_task
from transcoding.ecs.tasks import read_task

STOPPED: dict[str, Any] = {"taskArn": "arn:1", "lastStatus": "STOPPED", "stopCode": "EssentialContainerExited"}


def code_of(*, begun: bool = True, **facts: Any) -> str:
    task = read_task({**STOPPED, **facts}, container="transcoder")
    assert task
    return of_task(task, begun=begun).code


def container(**facts: Any) -> list[dict[str, Any]]:
    return [{"name": "guard", "exitCode": 0}, {"name": "transcoder", **facts}]


@pytest.mark.parametrize("stop_code", ["SpotInterruption", "TerminationNotice", "InfrastructureHealth"])
@pytest.mark.parametrize("begun", [True, False])
def test_a_machine_that_was_taken_away_is_no_fault_of_the_attempt(stop_code: str, *, begun: bool) -> None:
    assert code_of(begun=begun, stopCode=stop_code, containers=container(exitCode=137)) == "platform.interrupted"


@pytest.mark.parametrize(
    ("stop_code", "reason"),
    [
        ("TaskFailedToStart", "CannotPullContainerError: pull image manifest has been retried 5 time(s)"),
        ("TaskFailedToStart", "ResourceInitializationError: unable to pull secrets"),
        ("TaskFailedToStart", "Timeout waiting for network interface provisioning to complete."),
        ("EssentialContainerExited", "CannotStartContainerError: no such file"),
        ("", "CannotPullContainerError: not found"),
    ],
)
def test_a_machine_that_did_not_start_is_told_apart(stop_code: str, reason: str) -> None:
    assert code_of(begun=False, stopCode=stop_code, stoppedReason=reason) == "platform.start-failed"


@pytest.mark.parametrize("exit_code", [0, 1, 3, 4, 127, None])
def test_a_transcoder_that_ended_before_it_began_is_a_failed_start(exit_code: int | None) -> None:
    assert code_of(begun=False, containers=container(exitCode=exit_code)) == "platform.start-failed"


@pytest.mark.parametrize("exit_code", [0, 1, 3, 4, 137, 139, None])
def test_a_transcoder_that_ended_without_a_word_is_lost(exit_code: int | None) -> None:
    assert code_of(containers=container(exitCode=exit_code)) == "platform.worker-lost"


def test_the_memory_killer_is_told_from_other_kills() -> None:
    reason = "OutOfMemoryError: Container killed due to memory usage"
    assert code_of(containers=container(exitCode=137, reason=reason)) == "platform.out-of-memory"
    assert code_of(containers=container(exitCode=137)) == "platform.worker-lost"
    assert code_of(containers=container(exitCode=0, reason=reason)) == "platform.worker-lost"


def test_a_task_that_somebody_stopped_says_so() -> None:
    assert code_of(stopCode="UserInitiated", stoppedReason="by hand") == "platform.task-stopped"


def test_another_container_of_the_task_does_not_speak_for_the_transcoder() -> None:
    others = [{"name": "guard", "exitCode": 137, "reason": "OutOfMemoryError: x"}]
    assert code_of(containers=others) == "platform.worker-lost"


def test_the_operator_reads_the_reason_and_the_exit_status() -> None:
    task = read_task({**STOPPED, "stoppedReason": "Essential container", "containers": container(exitCode=4)},
                     container="transcoder")  # fmt: skip
    assert task
    assert of_task(task, begun=True).message == (
        "The transcoder ended without a final report (exit status 4): it could not tell the site"
    )


@pytest.mark.parametrize(
    "task",
    [None, [], "task", {}, {"taskArn": "arn:1"}, {"taskArn": 1, "lastStatus": "RUNNING"},
     {"taskArn": "arn:1", "lastStatus": ""}, {"taskArn": "arn:1", "lastStatus": "X" * 21}],
)  # fmt: skip
def test_what_is_no_task_is_not_read_as_one(task: object) -> None:
    assert read_task(task, container="transcoder") is None


def test_a_reason_is_kept_as_a_line_that_a_database_takes() -> None:
    task = read_task({**STOPPED, "stoppedReason": "a\x00b\ud800c\nd", "stopCode": 7}, container="transcoder")
    assert task
    assert (task.stopped_reason, task.stop_code) == ("a b c d", "")


@pytest.mark.parametrize(
    ("told", "number"), [("1024", 1024), (1024, 1024), ("", 0), ("1 vCPU", 0), (None, 0), (-1, 0), (2**70, 0)]
)
def test_sizes_are_numbers_or_nothing(told: object, number: int) -> None:
    task = read_task({**STOPPED, "cpu": told, "containers": "none"}, container="transcoder")
    assert task
    assert task.cpu == number
