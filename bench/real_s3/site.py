"""The whole site as `manage.py up` runs it, with its files on a real S3 server, and the process that serves it."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.real_s3.figures import BenchError
from bench.real_s3.processes import descendants
from bench.real_s3.programs import ROOT
from tests.environment import free_port
from tests.real_s3.ceph import Ceph

START_SECONDS = 60
STOP_SECONDS = 60
IDLE_SECONDS = 1.0
"""How long no transcoder must have been there: one that was asked for a moment ago is not there yet."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running site."""

    url: str
    settings: Mapping[str, str]
    """What it was started with: a process with these in its environment has its database, bucket and credentials."""
    pid: int

    def web_pid(self) -> int:
        """Return the one process that answers requests."""
        [pid] = [pid for pid, words in descendants(self.pid).items() if "daphne" in words]
        return pid

    def wait_until_idle(self) -> None:
        """Return when no transcoder is at work."""
        quiet_since = time.monotonic()
        while time.monotonic() < quiet_since + IDLE_SECONDS:
            time.sleep(0.1)
            if any("transcoding.worker" in words for words in descendants(self.pid).values()):
                quiet_since = time.monotonic()


@contextmanager
def running_site(ceph: Ceph, bucket: str, var_dir: Path) -> Iterator[Site]:
    """Run a site of its own on this bucket until the end of the block."""
    port = free_port(2)  # Redis takes the second
    settings = {
        "VAR_DIR": str(var_dir),
        "PORT": str(port),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": f"sqlite:///{var_dir / 'site.sqlite3'}",
        "STORE": "s3",
        "S3_BUCKET": bucket,
        "S3_REGION": ceph.region,
        "S3_ENDPOINT_URL": ceph.endpoint,
        "S3_PUBLIC_ENDPOINT_URL": ceph.endpoint,
        "S3_ADDRESSING": "path",
        "S3_CHECKSUMS": "when_required",
        "S3_EVENTS": "none",
        "CDN_URL": "",
        "AWS_ACCESS_KEY_ID": ceph.access_key,
        "AWS_SECRET_ACCESS_KEY": ceph.secret_key,
    }
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    # A benchmark that is killed cannot stop it: so the kernel asks it to stop when its parent is gone.
    stops_with_us = ("setpriv", "--pdeathsig", "TERM")
    command = [*stops_with_us, sys.executable, "manage.py", "up", "--quiet"]
    var_dir.mkdir(mode=0o700)
    with (var_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=kept | settings, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_for(settings["SITE_URL"], process, var_dir / "up.log")
        yield Site(url=settings["SITE_URL"], settings=settings, pid=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/healthz", timeout=2, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise BenchError(f"The site did not start: {log.read_text()}")


@contextmanager
def signed_up(url: str) -> Iterator[httpx.Client]:
    """Open the session of a new person."""
    path, password = "/accounts/signup/", secrets.token_urlsafe()
    with httpx.Client(base_url=url, timeout=60, trust_env=False) as session:
        session.get(path).raise_for_status()
        form = {"username": "bench", "password1": password, "password2": password}
        answer = session.post(path, data={**form, "csrfmiddlewaretoken": session.cookies["csrftoken"]})
        if not answer.is_redirect:
            raise BenchError(f"Signing up was answered with {answer.status_code}: {answer.text[:1000]}")
        yield session
