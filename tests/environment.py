"""The environment of the test process, set before Django reads its settings: loaded by pytest as a plugin."""

import atexit
import os
import random
import shutil
import socket
import tempfile
from pathlib import Path


def free_port(count: int = 1) -> int:
    """Return a TCP port of 127.0.0.1 that nobody listens on now, with the `count` - 1 after it.

    Below the range from which the kernel takes the ports of outgoing connections, which would come in between.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        if all(_is_free(number) for number in range(port, port + count)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


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
    DATABASE_URL=os.environ.get("TEST_DATABASE_URL", f"sqlite:///{VAR_DIR / 'tests.sqlite3'}"),
)
