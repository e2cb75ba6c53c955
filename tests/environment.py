"""The environment of the test process, set before Django reads its settings: loaded by pytest as a plugin."""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


VAR_DIR = Path(tempfile.mkdtemp(prefix="vidsite-tests-"))
atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
(VAR_DIR / "static").mkdir()
REDIS_PORT = free_port()

for name in [
    name for name in os.environ if name in {"DATABASE_URL", "LADDER", "STORE", "LAUNCHER", "PORT", "SITE_URL"}
]:
    del os.environ[name]
os.environ.update(
    VAR_DIR=str(VAR_DIR),
    SECRET_KEY="only for tests",
    REDIS_URL=f"redis://127.0.0.1:{REDIS_PORT}/0",
    DATABASE_URL=f"sqlite:///{VAR_DIR / 'tests.sqlite3'}",
)
