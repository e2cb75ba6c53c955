"""A task knows what RunTask and its definition tell it, and nothing of the site."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.local_ecs import QUICK, local_ecs, new_environment
from tests.vidsite.local_ecs.conftest import Hook, Runner

TELL = "import json, os; json.dump([dict(os.environ), os.getcwd(), os.getsid(0)], open('{file}', 'w'))"
OF_THE_IMAGE = {"PATH", "LANG", "HOME", "TMPDIR", "VIDSITE_WORK_DIR", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
OF_PYTHON = {"LC_CTYPE"}


def told(runner: Runner, file: Path, **options: Any) -> Any:
    """Return the environment, folder and session of a task."""
    runner.until(runner.start(TELL.format(file=file), **options), "STOPPED")
    return json.loads(file.read_text())


def test_its_environment_holds_what_it_was_given_and_nothing_else(runner: Runner, tmp_path: Path) -> None:
    def given(name: str, value: str) -> list[dict[str, str]]:
        return [{"name": name, "value": value}]

    override = {"name": "transcoder", "environment": given("VIDSITE_TOKEN", "a-token")}
    environment, _, _ = told(
        runner, tmp_path / "told", environment=given("FROM_DEFINITION", "1"),
        request={"overrides": {"containerOverrides": [override]}},
    )  # fmt: skip
    assert set(environment) - OF_PYTHON == OF_THE_IMAGE | {"FROM_DEFINITION", "VIDSITE_TOKEN"}
    assert environment["VIDSITE_TOKEN"] == "a-token"


def test_it_has_a_folder_of_its_own_which_goes_with_it(runner: Runner, scratch: Path, tmp_path: Path) -> None:
    environment, _, _ = told(runner, tmp_path / "told")
    assert {environment[name] for name in ("HOME", "TMPDIR", "VIDSITE_WORK_DIR")} == {environment["HOME"]}
    assert Path(environment["HOME"]).parent == scratch
    assert not Path(environment["HOME"]).exists()


def test_it_runs_in_the_folder_of_its_definition_and_in_a_session_of_its_own(runner: Runner, tmp_path: Path) -> None:
    _, folder, session = told(runner, tmp_path / "told", workingDirectory=str(tmp_path))
    assert folder == str(tmp_path)
    assert session != runner.ecs.pid


def test_a_command_of_run_task_goes_before_that_of_the_definition(runner: Runner, tmp_path: Path) -> None:
    override = {"name": "transcoder", "command": [TELL.format(file=tmp_path / "told")]}
    arn = runner.start("raise SystemExit(1)", request={"overrides": {"containerOverrides": [override]}})
    assert runner.until(arn, "STOPPED")["containers"][0]["exitCode"] == 0
    assert (tmp_path / "told").exists()


def test_with_a_role_it_has_the_credentials_of_the_machine_and_still_no_secret_of_the_site(
    hook: Hook, tmp_path: Path
) -> None:
    machine = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": "/home/somebody"}
    environment = new_environment() | machine | {"SECRET_KEY": "of the site", "DATABASE_URL": "of the site"}
    with local_ecs(environment, tmp_path / "ecs", *QUICK, "--role") as ecs:
        found, _, _ = told(Runner(ecs, hook), tmp_path / "told")
    assert {name: found.get(name) for name in machine} == machine
    assert set(found) - OF_PYTHON == OF_THE_IMAGE | set(machine)


@pytest.mark.parametrize("program", ["raise SystemExit(0)", "import os; os.kill(os.getpid(), 9)"])
def test_what_a_task_started_ends_with_it(runner: Runner, tmp_path: Path, program: str) -> None:
    child = "import subprocess; child = subprocess.Popen(['sleep', '600'])"
    note = f"open('{tmp_path}/pid', 'w').write(str(child.pid))"
    runner.until(runner.start(f"{child}; {note}; {program}"), "STOPPED")
    status = Path(f"/proc/{(tmp_path / 'pid').read_text()}/status")
    assert not status.exists() or "\nState:\tZ" in status.read_text()
