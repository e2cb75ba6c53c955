"""A whole site on a real S3 server, which tells it of every object."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.e2e.conftest import ROOT, Site, run_site
from tests.real_s3.ceph import Ceph


def s3_settings(ceph: Ceph, **more: str) -> dict[str, str]:
    """Return the settings, and nothing else, that put a site on the server."""
    return {
        "STORE": "s3",
        "S3_BUCKET": f"vidsite-{uuid4().hex[:12]}",
        "S3_REGION": ceph.region,
        "S3_ENDPOINT_URL": ceph.endpoint,
        "S3_EVENTS": "ceph",
        "S3_EVENT_SECRETS": "a-secret-that-the-gateway-knows",
        "AWS_ACCESS_KEY_ID": ceph.access_key,
        "AWS_SECRET_ACCESS_KEY": ceph.secret_key,
        **more,
    }


@contextmanager
def site_on_s3(var_dir: Path, settings: dict[str, str]) -> Iterator[Site]:
    """Run a site, with its bucket set up as an operator does it."""
    for site in run_site(var_dir, **settings):
        manage(site, settings, "s3_setup")
        yield site


def manage(site: Site, settings: dict[str, str], *command: str, status: int = 0) -> str:
    """Run a command of `manage.py` beside the site, and return what it prints."""
    port = site.url.rsplit(":", 1)[1]
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(site.var_dir), "PORT": port, **settings}
    argv = [sys.executable, "manage.py", *command]
    run = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == status, f"{run.stdout}\n{run.stderr}"
    return run.stdout
