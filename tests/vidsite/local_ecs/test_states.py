"""The states of a task, in ECS's order and as a running process warrants them."""

import pytest

from tests.local_ecs import wait_until
from tests.vidsite.local_ecs.conftest import DEAF, LASTS, Runner
from vidsite.local_ecs.names import CLUSTER


def stop(runner: Runner, arn: str) -> None:
    runner.client.stop_task(cluster=CLUSTER, task=arn, reason="nobody wants it")


def test_a_task_goes_through_every_state_each_a_version_later(runner: Runner) -> None:
    arn = runner.start("")
    runner.until(arn, "STOPPED")
    wait_until(lambda: any(one["lastStatus"] == "STOPPED" for one in runner.hook.of(arn)), what="its end is told")
    told = [(one["version"], one["lastStatus"]) for one in runner.hook.of(arn)]
    states = ["PROVISIONING", "PENDING", "RUNNING", "STOPPING", "DEPROVISIONING", "STOPPED"]
    assert told == [*enumerate(states, start=1)]


def test_its_times_are_in_the_order_of_its_states(runner: Runner) -> None:
    task = runner.until(runner.start(""), "STOPPED")
    times = (
        "createdAt",
        "pullStartedAt",
        "pullStoppedAt",
        "startedAt",
        "stoppingAt",
        "executionStoppedAt",
        "stoppedAt",
    )
    assert [task[name] for name in times] == sorted(task[name] for name in times)


@pytest.mark.parametrize(
    ("program", "code"),
    [("", 0), ("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", 137), ("import os; os.abort()", 134)],
)
def test_a_command_that_ends_by_itself_leaves_its_exit_code(runner: Runner, program: str, code: int) -> None:
    task = runner.until(runner.start(program), "STOPPED")
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["desiredStatus"] == "STOPPED"
    assert (task["containers"][0]["lastStatus"], task["containers"][0]["exitCode"]) == ("STOPPED", code)


def test_a_command_that_is_not_there_fails_to_start(runner: Runner) -> None:
    task = runner.until(runner.start("", entryPoint=["/no/such/program"]), "STOPPED")
    assert task["stopCode"] == "TaskFailedToStart"
    assert "CannotStartContainerError" in task["containers"][0]["reason"]
    assert "exitCode" not in task["containers"][0]
    assert "startedAt" not in task


def test_a_task_that_is_stopped_gets_sigterm_first(runner: Runner) -> None:
    arn = runner.start(f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); {LASTS}")
    runner.until(arn, "RUNNING")
    # The signal may come before its handler is there: then it ends by the signal itself.
    stop(runner, arn)
    task = runner.until(arn, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "nobody wants it")
    assert task["containers"][0]["exitCode"] in {3, 143}


def test_a_task_that_does_not_hear_sigterm_is_killed_after_its_stop_timeout(runner: Runner) -> None:
    before = runner.ecs.log().count("deaf")
    arn = runner.start(DEAF, stopTimeout=2)
    wait_until(lambda: runner.ecs.log().count("deaf") > before, what="it is deaf")
    stop(runner, arn)
    assert runner.task(arn)["lastStatus"] == "STOPPING"
    task = runner.until(arn, "STOPPED")
    assert task["containers"][0]["exitCode"] == 137
    assert (task["executionStoppedAt"] - task["stoppingAt"]).total_seconds() >= 2


def test_a_task_that_is_stopped_before_it_runs_never_does(runner: Runner) -> None:
    arn = runner.start("print('it ran all the same', flush=True)")
    stop(runner, arn)
    task = runner.until(arn, "STOPPED")
    assert task["stopCode"] == "UserInitiated"
    assert "startedAt" not in task
    assert "it ran all the same" not in runner.ecs.log()


def test_whoever_stops_a_task_second_changes_nothing(runner: Runner) -> None:
    arn = runner.start("")
    ended = runner.until(arn, "STOPPED")
    stop(runner, arn)
    assert runner.task(arn) == ended
