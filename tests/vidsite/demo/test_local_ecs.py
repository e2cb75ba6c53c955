"""`manage.py demo` with LAUNCHER=ecs and no cluster: a stand-in on this machine runs the tasks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT
from tests.environment import free_port

pytestmark = pytest.mark.e2e
STATES = (
    r"Timeline: (waiting .* s · )?provisioning .* s · pending .* s · running .* s · playable .* s · completed .* s"
)


def run_demo(tmp_path: Path, **settings: str) -> str:
    """Run it to its end, and return what it printed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "VAR_DIR": str(tmp_path), "PORT": str(free_port(3)), "LAUNCHER": "ecs", **settings}
    command = [sys.executable, "manage.py", "demo", "--exit"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=280)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert "WARNINGS" not in run.stderr, "nothing warns of what tasks on this machine cannot reach"
    return run.stdout


def test_the_timeline_shows_the_machine_being_started_and_the_video_completed(tmp_path: Path) -> None:
    said = run_demo(tmp_path)
    assert "starting a machine: provisioning" in said
    assert "starting a machine: pending" in said
    assert re.search(STATES, said), said
    assert "Every quality is READY and plays back." in said
    assert re.search("Task .* is STOPPED", (tmp_path / "log" / "ecs.log").read_text())
    assert [*(tmp_path / "work" / "ecs").iterdir()] == [], "its folder went with it"
