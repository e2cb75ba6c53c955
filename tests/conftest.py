"""People, and the real services that tests run against."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from pytest_django.fixtures import Settings

from tests.environment import REDIS_PORT, VAR_DIR
from uploads.stores import get_store

MEDIA = Path(__file__).resolve().parent.parent.parent / "shared" / "media"


database = settings.DATABASES["default"]
if database["ENGINE"].endswith("sqlite3"):
    # Threads share Django's usual test database in memory by SQLite's shared cache, whose table locks know no
    # timeout; in a file they wait for each other, as in life. Set while tests are collected, before it is made.
    database.setdefault("TEST", {})["NAME"] = str(VAR_DIR / "test-database.sqlite3")

# A password that is slow to guess is slow to set, and every test makes people.
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def redis() -> Iterator[None]:
    """A real Redis, for this test session alone."""
    executable = shutil.which("redis-server")
    assert executable, "redis-server is missing: run `make test`, which installs it"
    command = [executable, "--bind", "127.0.0.1", "--port", str(REDIS_PORT), "--save", "", "--dir", str(VAR_DIR)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _wait_for_redis()
        yield
        process.terminate()


def _wait_for_redis() -> None:
    import redis  # noqa: PLC0415 — the fixture has the same name

    client = redis.Redis(port=REDIS_PORT)
    for _ in range(100):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            client.close()
            return
    pytest.fail("redis-server did not start")


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, settings: Settings) -> Iterator[None]:
    """Give each test an object store and a work directory of its own, and static files as they lie in the tree."""
    settings.STORE_DIR = tmp_path / "store"
    settings.WORK_DIR = tmp_path / "work"
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    get_store.cache_clear()
    yield
    get_store.cache_clear()


@pytest.fixture
def alice(db: None) -> User:
    """She owns the videos."""
    return User.objects.create_user("alice", password="wonderland-7")


@pytest.fixture
def bob(db: None) -> User:
    """He has an account, and nothing to do with Alice's videos."""
    return User.objects.create_user("bob", password="builder-77")


@pytest.fixture
def admin(db: None) -> User:
    """She runs the site."""
    return User.objects.create_superuser("admin", password="operator-7")


@pytest.fixture
def alices(client: Client, alice: User) -> Client:
    """A browser in which Alice is signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def bobs(bob: User) -> Client:
    """A browser in which Bob is signed in."""
    browser = Client()
    browser.force_login(bob)
    return browser


def pytest_configure() -> None:
    # Playwright's sync API runs an event loop in the test's thread, in which Django refuses the ORM.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
