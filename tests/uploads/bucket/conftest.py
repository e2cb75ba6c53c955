"""A server that answers as AWS does, and the site set to use it."""

import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from pytest_django.fixtures import Settings

from tests.environment import free_port
from uploads.stores import aws, get_store


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """S3, SNS and SQS in one process; it believes every signature, so nothing here is about rights."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, process)
        yield address
        process.kill()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "moto's server ended at once"
        try:
            httpx.get(f"{address}/moto-api/", timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("moto's server did not start")


@pytest.fixture
def amazon(aws_server: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The site is set to a bucket at Amazon that does not exist."""
    httpx.post(f"{aws_server}/moto-api/reset").raise_for_status()
    settings.STORE = "s3"
    settings.S3_BUCKET = "media.example.org"
    settings.S3_REGION = "eu-west-1"
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = ""
    settings.S3_ADDRESSING = "path"
    settings.S3_CHECKSUMS = "when_supported"
    settings.SITE_URL = "https://video.example.org"
    settings.S3_EVENTS = "none"
    settings.S3_EVENTS_URL = "https://video.example.org/hooks/s3/"
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    aws.forget_clients()
    get_store.cache_clear()
    yield
    aws.forget_clients()
    get_store.cache_clear()
