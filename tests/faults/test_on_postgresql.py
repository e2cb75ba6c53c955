"""The tests of everything that touches the database, once more on PostgreSQL: its locks are not SQLite's."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.e2e.conftest import ROOT
from tests.environment import free_port

WITHOUT_DATABASE = ["--ignore=tests/transcoding/worker", "--ignore=tests/transcoding/hls"]


def program(name: str) -> str:
    """Return one of the server's programs, which Debian keeps out of the PATH."""
    packaged = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(packaged[-1]) if packaged else None)
    assert found, f"{name} is missing: run `make test`, which installs it"
    return found


@pytest.fixture
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of its own; it refuses to run as root, so it runs as the user of its package then."""
    user = "postgres" if os.geteuid() == 0 else None
    folder, port = Path(tempfile.mkdtemp(prefix="vidsite-postgresql-")), free_port()
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    make = [program("initdb"), "--auth=trust", "--username=vidsite", "--encoding=UTF8", "--no-sync", str(data)]
    subprocess.run(make, check=True, user=user, cwd=folder, stdout=subprocess.DEVNULL)
    quick = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "unix_socket_directories="]
    command = [program("postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), *quick]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, user=user, cwd=folder, stdout=log, stderr=log)
    try:
        url = f"postgres://vidsite@127.0.0.1:{port}/postgres"
        wait_for(url, folder / "log")
        yield url
    finally:
        server.terminate()
        server.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(url: str, log: Path) -> None:
    for _ in range(100):
        try:
            psycopg.connect(url.replace("postgres://", "postgresql://")).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


@pytest.mark.parametrize("suite", ["tests/uploads", "tests/transcoding", "tests/progress"])
def test_whatever_touches_the_database_works_on_postgresql_too(postgresql: str, suite: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", suite, *WITHOUT_DATABASE],
        cwd=ROOT,
        env={**os.environ, "TEST_DATABASE_URL": postgresql},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-5000:]
