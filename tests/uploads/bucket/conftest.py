"""A server that answers as AWS does, and the site set to use it."""

from collections.abc import Iterator

import httpx
import pytest
from pytest_django.fixtures import Settings

from tests.environment import free_port
from tests.moto_server import moto_server
from uploads.stores import aws, get_store


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """S3, SNS and SQS in one process; it believes every signature, so nothing here is about rights."""
    port = free_port()
    with moto_server(port):
        yield f"http://127.0.0.1:{port}"


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
