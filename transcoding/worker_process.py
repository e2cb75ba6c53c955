"""Start the transcoder program as a process of its own, knowing nothing of the site but its job specification."""

import ctypes
import json
import os
import signal
import subprocess  # noqa: TID251 — one of the modules that start processes
import sys

from django.conf import settings

NEEDED = ("PATH", "LANG", "TMPDIR", "AWS_CA_BUNDLE")
AWS_CHAIN = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE", "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "AWS_EC2_METADATA_DISABLED",
    "HOME",
)  # fmt: skip
"""Where the AWS SDK looks for the machine's own credentials."""
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def run(spec: str) -> int:
    """Run `python -m transcoding.worker` on a job specification, as JSON, and return its exit status.

    Its environment holds no setting of the site, and no credentials but those of the machine that a specification
    without any asks for. On Linux it is told to stop (SIGTERM) when this process dies.
    """
    names = NEEDED + AWS_CHAIN if _uses_own_credentials(spec) else NEEDED
    environment = {name: os.environ[name] for name in names if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "transcoding.worker"],
        stdin=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=environment,
        preexec_fn=_stop_with_parent,  # noqa: PLW1509 — one call of prctl, and a Celery pool process has one thread
    )
    process.communicate(spec.encode())
    return process.returncode


def _uses_own_credentials(spec: str) -> bool:
    storage = json.loads(spec).get("storage") or {}
    return bool(storage.get("kind") == "s3" and storage.get("credentials") is None)


def _stop_with_parent() -> None:
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
