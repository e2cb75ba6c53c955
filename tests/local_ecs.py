"""The stand-in for ECS as a process of its own, and sites that start their transcoders with it."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from tests.e2e.conftest import ROOT, Site, descendants, run_site
from tests.environment import free_port
from vidsite.local_ecs.child import NOBODYS
from vidsite.local_ecs.names import REGION, site_environment
from vidsite.supervisor import port_answers

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

QUICK = ("--provisioning-seconds", "0.3", "--pending-seconds", "0.3")


@dataclass(frozen=True, kw_only=True)
class LocalEcs:
    """A running stand-in."""

    environment: dict[str, str]
    pid: int
    log_file: Path

    def client(self) -> "ECSClient":
        return boto3.client(
            "ecs", endpoint_url=self.environment["AWS_ENDPOINT_URL_ECS"], region_name=REGION,
            aws_access_key_id="any", aws_secret_access_key="any",
        )  # fmt: skip

    def log(self) -> str:
        """Return what it and its tasks have said."""
        return self.log_file.read_text()


def new_environment() -> dict[str, str]:
    """Return what a site and the stand-in need to find each other."""
    return site_environment(port=free_port(), key="nobody-guesses-this", event_secret="known-to-EventBridge-alone")


@contextmanager
def local_ecs(environment: dict[str, str], folder: Path, *options: str) -> Iterator[LocalEcs]:
    """Run a stand-in in an environment until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    log_file, port = folder / "ecs.log", int(environment["AWS_ENDPOINT_URL_ECS"].split(":")[2].split("/")[0])
    command = [sys.executable, "-m", "vidsite.local_ecs", "--work-dir", str(folder / "scratch"), *options]
    with log_file.open("wb") as log:
        own = {"PATH": os.environ["PATH"], **environment}
        process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: port_answers("127.0.0.1", port) or process.poll() is not None, what="it answers")
        assert process.poll() is None, log_file.read_text()
        yield LocalEcs(environment=environment, pid=process.pid, log_file=log_file)
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True, kw_only=True)
class EcsSite:
    """A site, and what it takes for ECS."""

    site: Site
    settings: dict[str, str]
    ecs: LocalEcs

    def tasks(self) -> list[int]:
        """Return the transcoders that run."""
        return [pid for pid in descendants(self.ecs.pid) if _program(pid)[1:] == ["-m", "transcoding.worker"]]

    def ffmpegs(self) -> list[int]:
        """Return every ffmpeg that works for a task, whether its transcoder lives or not."""
        scratch = str(self.ecs.log_file.parent)
        return [pid for pid in _all_processes() if _program(pid)[:1] == ["ffmpeg"] and scratch in _folder(pid)]

    def rows(self, query: str, *values: str) -> list[Any]:
        """Ask the site's database."""
        with sqlite3.connect(self.site.var_dir / "vidsite.sqlite3", timeout=20) as database:
            return database.execute(query, values).fetchall()

    def attempts(self, video_id: str) -> list[tuple[str, str, str]]:
        """Return status, launcher and end of a video's attempts, the first one first."""
        query = (
            "select a.status, a.launcher, a.end_reason from transcoding_attempt a join transcoding_job j"
            " on j.id = a.job_id where j.video_id = ? order by j.number, a.number"
        )
        return self.rows(query, video_id.replace("-", ""))

    def timeline(self, video_id: str) -> list[str]:
        """Return what happened to a video's jobs, in its order."""
        query = (
            "select e.reason from transcoding_jobevent e join transcoding_job j on j.id = e.job_id"
            " where j.video_id = ? order by e.id"
        )
        return [reason for (reason,) in self.rows(query, video_id.replace("-", ""))]


@contextmanager
def site_on_local_ecs(folder: Path, *options: str, **settings: str) -> Iterator[EcsSite]:
    """Run a site whose transcoders are tasks of a stand-in, which tells it of them as EventBridge would."""
    environment = new_environment()
    settings = NOBODYS | environment | {"LAUNCHER": "ecs"} | settings
    (folder / "site").mkdir()
    for site in run_site(folder / "site", **settings):
        events = ("--events-url", f"{site.url}/hooks/ecs/")
        with local_ecs(environment, folder / "ecs", *QUICK, *events, *options) as ecs:
            yield EcsSite(site=site, settings=settings, ecs=ecs)


def wait_until(holds: Callable[[], object], *, what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def _all_processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").glob("[0-9]*")]


def _program(pid: int) -> list[str]:
    """Return a process's command line with the bare name of its program; an empty one when it is gone."""
    try:
        first, *rest = Path(f"/proc/{pid}/cmdline").read_text(errors="replace").split("\0")[:-1]
    except (OSError, ValueError):
        return []
    return [Path(first).name, *rest]


def _folder(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
