"""However the stand-in ends, nothing that it started goes on."""

import os
import signal
from pathlib import Path

from tests.local_ecs import QUICK, local_ecs, new_environment, wait_until
from tests.vidsite.local_ecs.conftest import DEAF, LASTS, Hook, Runner
from vidsite.local_ecs.life import SCRATCH

WRITE_PID = "import os; open('{file}', 'w').write(str(os.getpid())); open('left', 'w')"


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def begin(runner: Runner, tmp_path: Path, program: str) -> int:
    """Start a task and return its process."""
    file = tmp_path / "pid"
    arn = runner.start(f"import os; os.chdir(os.environ['TMPDIR']); {WRITE_PID.format(file=file)}; {program}")
    runner.until(arn, "RUNNING")
    wait_until(lambda: file.exists() and file.read_text(), what="the task has begun")
    return int(file.read_text())


def test_told_to_stop_it_stops_its_tasks_first(hook: Hook, tmp_path: Path) -> None:
    with local_ecs(new_environment(), tmp_path / "ecs", *QUICK) as ecs:
        pid = begin(Runner(ecs, hook), tmp_path, LASTS)
    assert not is_alive(pid)
    assert list((tmp_path / "ecs" / "scratch").iterdir()) == []


def test_killed_it_leaves_no_task_behind_and_the_next_one_no_folder(hook: Hook, tmp_path: Path) -> None:
    with local_ecs(new_environment(), tmp_path / "ecs", *QUICK) as ecs:
        pid = begin(Runner(ecs, hook), tmp_path, LASTS)
        os.kill(ecs.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), what="the task has ended", seconds=10)
    scratch = tmp_path / "ecs" / "scratch"
    assert [one.name[: len(SCRATCH)] for one in scratch.iterdir()] == [SCRATCH]
    (scratch / "task-list").mkdir()  # somebody else's
    with local_ecs(new_environment(), tmp_path / "ecs", *QUICK):
        assert [one.name for one in scratch.iterdir()] == ["task-list"]


def test_told_to_stop_it_tells_the_site_how_its_tasks_ended(hook: Hook, tmp_path: Path) -> None:
    events = ("--events-url", f"http://127.0.0.1:{hook.server_port}/")
    with local_ecs(new_environment(), tmp_path / "ecs", *QUICK, *events) as ecs:
        runner = Runner(ecs, hook)
        arn = runner.start(LASTS)
        runner.until(arn, "RUNNING")
    last = hook.of(arn)[-1]
    assert (last["lastStatus"], last["stopCode"]) == ("STOPPED", "TerminationNotice")


def test_killed_it_leaves_no_task_behind_that_does_not_hear(hook: Hook, tmp_path: Path) -> None:
    with local_ecs(new_environment(), tmp_path / "ecs", *QUICK) as ecs:
        pid = begin(Runner(ecs, hook), tmp_path, DEAF)
        wait_until(lambda: "deaf" in ecs.log(), what="it is deaf")
        os.kill(ecs.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid), what="the task has ended", seconds=30)
