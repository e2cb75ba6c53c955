"""Things break while the store tells of an upload; whatever breaks, no upload is forgotten and none is half noted."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from tests.e2e.conftest import ROOT, Site, wait_for_site
from tests.e2e.script import Script
from tests.environment import free_port
from tests.faults.test_on_postgresql import postgresql, program, wait_for
from tests.moto_server import moto_server
from tests.uploads.events.bodies import BUCKET, SECRET, s3
from tests.uploads.events.queues import ACCOUNT, left, put, running_command
from uploads.stores import aws
from uploads.stores.local import LocalStore

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

__all__ = ["postgresql"]  # a fixture

pytestmark = pytest.mark.e2e

MIB = 1024 * 1024


@pytest.fixture
def site(postgresql: str, redis: None, tmp_path: Path) -> Iterator[Site]:
    """The web process alone, on a PostgreSQL of its own: nothing sweeps, so that only events tell of uploads."""
    port = free_port()
    environment = {
        **os.environ, "DATABASE_URL": postgresql, "VAR_DIR": str(tmp_path), "PORT": str(port), "S3_BUCKET": BUCKET,
        "S3_EVENT_SECRETS": SECRET,
    }  # fmt: skip
    for command in (["migrate", "-v", "0"], ["collectstatic", "--noinput", "-v", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
    daphne = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "vidsite.asgi:application"]
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(daphne, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for_site(url, process, tmp_path / "web.log")
        yield Site(url=url, var_dir=tmp_path, pid=process.pid)
    finally:
        process.terminate()
        process.wait(20)


class Database:
    """The PostgreSQL server of a test, which can be stopped and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.data = Path(self.all("SHOW data_directory")[0][0])
        self._again: subprocess.Popen[bytes] | None = None

    def all(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        with psycopg.connect(self.url.replace("postgres://", "postgresql://")) as connection:
            return connection.execute(query.encode()).fetchall()

    def stop(self) -> None:
        """Stop it at once, with whoever is connected."""
        mark = self.data / "postmaster.pid"
        os.kill(int(mark.read_text().split()[0]), signal.SIGINT)
        for _ in range(100):
            if not mark.exists():
                return
            time.sleep(0.1)
        pytest.fail("PostgreSQL did not stop")

    def start(self) -> None:
        user = "postgres" if os.geteuid() == 0 else None
        port = self.url.rsplit(":", 1)[1].split("/")[0]
        command = [program("postgres"), "-D", str(self.data), "-h", "127.0.0.1", "-p", port]
        log = self.data.parent / "log"
        with log.open("a") as output:
            self._again = subprocess.Popen(
                [*command, "-c", "unix_socket_directories="], user=user, cwd=log.parent, stdout=output, stderr=output
            )
        wait_for(self.url, log)

    def close(self) -> None:
        if self._again:
            self._again.terminate()
            self._again.wait(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of an SQS that runs here."""

    endpoint: str
    client: "SQSClient"
    url: str


@pytest.fixture
def database(postgresql: str) -> Iterator[Database]:
    """The site's database, in the hand of the test."""
    server = Database(postgresql)
    yield server
    server.close()


def arrived(site: Site, folder: Path) -> tuple[str, str]:
    """Upload a source and let it become whole in the store, without a word to the site; return its key and ETag."""
    film = folder / "film.mp4"
    film.write_bytes(b"film")
    with Script(site.url) as person:
        key = f"sources/{person.send(film)}/source"
    store = LocalStore(site.var_dir / "store")
    (upload_id,) = [path.name for path in store.uploads.iterdir()]
    store.complete_upload(key, upload_id, store.list_parts(key, upload_id))
    stored = store.head(key)
    assert stored
    return key, stored.etag


def deliver(site: Site, key: str, etag: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return httpx.post(f"{site.url}/hooks/s3/", json=s3(key, etag), headers=headers, timeout=30, trust_env=False)


def test_while_the_database_is_down_an_event_is_to_be_delivered_again_and_nothing_is_half_written(
    site: Site, database: Database, tmp_path: Path
) -> None:
    key, etag = arrived(site, tmp_path)
    database.stop()
    answer = deliver(site, key, etag)
    assert (answer.status_code, answer.json()["code"]) == (503, "hook.failed")
    database.start()
    assert database.all("SELECT upload_status FROM uploads_video") == [("WAITING",)]
    for table in ("uploads_arrival", "transcoding_job", "uploads_eventtally"):
        assert database.all(f"SELECT * FROM {table}") == []  # noqa: S608 — a name from the line above
    assert deliver(site, key, etag).json() == {"taken": 1}
    assert database.all("SELECT upload_status FROM uploads_video") == [("UPLOADED",)]
    assert database.all("SELECT count(*) FROM transcoding_job") == [(1,)]


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue]:
    """An SQS with an empty queue."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    for name, value in {**ACCOUNT, "AWS_ENDPOINT_URL_SQS": endpoint}.items():
        monkeypatch.setenv(name, value)
    aws.forget_clients()
    with moto_server(port):
        client = aws.sqs()
        yield Queue(endpoint=endpoint, client=client, url=client.create_queue(QueueName="events")["QueueUrl"])
        client.close()
    aws.forget_clients()


def test_after_the_database_has_been_restarted_the_queues_events_are_taken_as_before(
    database: Database, queue: Queue, tmp_path: Path
) -> None:
    def taken(count: int) -> bool:
        return database.all("SELECT count FROM uploads_eventtally") == [(count,)]

    with running_command(queue.url, queue.endpoint, tmp_path, database_url=database.url) as (_, log):
        put(queue.client, queue.url, s3("none/of/ours"))
        wait_until_true(lambda: taken(1))
        database.stop()
        database.start()
        put(queue.client, queue.url, s3("none/of/ours"))
        wait_until_true(lambda: taken(2))
        wait_until_true(lambda: left(queue.client, queue.url) == 0)
    assert "stays in the queue" not in log.read_text()


def wait_until_true(condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it never came true")


def resident_kib(pid: int) -> int:
    """Return how much memory a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@pytest.mark.parametrize("length", [{"Content-Length": str(50 * MIB)}, {}], ids=["declared", "not declared"])
def test_bodies_of_fifty_megabytes_are_refused_and_memory_does_not_grow_with_their_number(
    site: Site, length: dict[str, str]
) -> None:
    """Daphne itself reads a body whole before anybody can refuse it; none of it may stay."""

    def send() -> int:
        content = iter([b"x" * MIB] * 50)
        answer = httpx.post(f"{site.url}/hooks/s3/", content=content, headers=length, timeout=60, trust_env=False)
        return answer.status_code

    assert send() == 413
    before = resident_kib(site.pid)
    assert [send() for _ in range(5)] == [413] * 5
    assert resident_kib(site.pid) - before < 20 * 1024
