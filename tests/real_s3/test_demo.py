"""`make demo` on S3: the settings are all that differs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT
from tests.environment import free_port
from tests.real_s3.ceph import Ceph
from tests.real_s3.sites import s3_settings

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("events", ["ceph", "none"])
def test_the_demo_makes_its_bucket_and_plays_every_segment_back_from_it(
    tmp_path: Path, ceph: Ceph, events: str
) -> None:
    settings = s3_settings(ceph, S3_EVENTS=events)
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "VAR_DIR": str(tmp_path), "PORT": str(free_port(2)), **settings}
    command = [sys.executable, "manage.py", "demo", "--exit"]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=200)
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert "COMPLETED" in run.stdout
    assert not [*(tmp_path / "store").rglob("*.m4s")], "nothing is kept on the disk"
    listed = ceph.s3().list_objects_v2(Bucket=settings["S3_BUCKET"], Prefix="renditions/")["Contents"]
    assert any(found["Key"].endswith("720p/seg_00000.m4s") for found in listed)
