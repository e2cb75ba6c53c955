"""Fifty deliveries of one event at the same moment, on the database of a real site."""

import os
import subprocess
import sys

from tests.e2e.conftest import ROOT
from tests.faults.test_on_postgresql import postgresql

__all__ = ["postgresql"]  # a fixture


def test_fifty_deliveries_of_one_event_at_once_start_one_job_on_postgresql(postgresql: str) -> None:
    repeated = "tests/uploads/events/test_repeated_events.py"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", repeated],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": postgresql},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:]
    assert "2 passed" in run.stdout
