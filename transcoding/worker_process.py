"""Start the transcoder program as a process of its own, knowing nothing of the site but its job specification."""

import ctypes
import os
import signal
import subprocess  # noqa: TID251 — one of the modules that start processes
import sys

from django.conf import settings

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def run(spec: str) -> int:
    """Run `python -m transcoding.worker` on a job specification, as JSON, and return its exit status.

    Its environment holds no setting of the site. On Linux it is told to stop (SIGTERM) when this process dies.
    """
    environment = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "transcoding.worker"],
        stdin=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env=environment,
        preexec_fn=_stop_with_parent,  # noqa: PLW1509 — one call of prctl, and a Celery pool process has one thread
    )
    process.communicate(spec.encode())
    return process.returncode


def _stop_with_parent() -> None:
    if hasattr(_libc, "prctl"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
