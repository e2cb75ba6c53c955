"""Processes die; the job goes on by itself."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Site, long_clip, run_site, script, short_clip
from tests.e2e.script import Script

__all__ = ["long_clip", "script", "short_clip"]  # fixtures

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose leases end soon, so that the tests need not wait long."""
    yield from run_site(tmp_path_factory.mktemp("faults"), JOB_LEASE_SECONDS="8")


def wait_until(holds: Callable[[], bool], *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.1)


def begin(script: Script, clip: Path) -> str:
    """Upload a clip, wait until a good part of it is encoded, and return the video's id."""
    video_id = script.upload(clip)
    script.wait(video_id, until=lambda s: any(r["progress"] >= 15 for r in s["renditions"]), seconds=60)
    return video_id


def ffmpegs(site: Site) -> list[int]:
    """Return every ffmpeg, wherever it hangs now, that works in this site's directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "cmdline").read_bytes().split(b"\0")[0]
            if program.endswith(b"ffmpeg") and str(site.var_dir) in str((process / "cwd").readlink()):
                found.append(int(process.name))
        except OSError:
            continue
    return found


def test_a_job_survives_kill_9_of_its_worker_process_group(site: Site, script: Script, long_clip: Path) -> None:
    video_id = begin(script, long_clip)
    wait_until(lambda: bool(ffmpegs(site)), seconds=5, what="an ffmpeg runs")
    (main, *_) = site.processes("celery", "-Q transcode")
    os.killpg(os.getpgid(main), signal.SIGKILL)
    wait_until(lambda: not ffmpegs(site), seconds=5, what="ffmpeg died with its worker")
    snapshot = script.wait(video_id, seconds=180)
    assert snapshot["status"] == "COMPLETED"
    assert {r["status"] for r in snapshot["renditions"]} == {"READY"}
    wait_until(lambda: not ffmpegs(site), seconds=5, what="no ffmpeg is left")
    assert not [*(site.var_dir / "work").glob("transcode-*")]


def test_a_job_goes_on_at_once_when_its_transcoder_is_killed(site: Site, script: Script, long_clip: Path) -> None:
    video_id = begin(script, long_clip)
    (transcoder, *_) = site.processes("transcoding.worker")
    os.kill(transcoder, signal.SIGKILL)
    wait_until(lambda: script.video(video_id)["snapshot"]["status"] == "RUNNING", seconds=15, what="it runs again")
    assert script.wait(video_id, seconds=180)["status"] == "COMPLETED"


def test_a_job_that_was_deleted_stops_within_seconds_and_leaves_no_file(
    site: Site, script: Script, long_clip: Path
) -> None:
    video_id = begin(script, long_clip)
    assert script.call("DELETE", f"/api/videos/{video_id}").status_code == 204
    assert script.call("GET", f"/api/videos/{video_id}").status_code == 404
    wait_until(lambda: not ffmpegs(site), seconds=10, what="ffmpeg stopped")


def test_the_site_goes_on_after_redis_lost_everything(site: Site, script: Script, short_clip: Path) -> None:
    (redis,) = site.processes("redis-server")
    os.kill(redis, signal.SIGKILL)
    wait_until(lambda: bool(site.processes("redis-server")), seconds=15, what="redis is back")
    assert script.wait(script.upload(short_clip), seconds=150)["status"] == "COMPLETED"
