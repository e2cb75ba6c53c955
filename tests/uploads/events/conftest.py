"""A site that knows a bucket, a secret and a topic; and proof of what it connects to."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.uploads.events.bodies import BUCKET, SECRET, TOPIC
from tests.uploads.events.listening import Listener, listener
from tests.uploads.events.signing import Rerouted, Signer, tls_server
from uploads.events import certificates, fetching
from uploads.stores import aws


@pytest.fixture(autouse=True)
def configured(settings: Settings) -> None:
    """The site's bucket, and those who may tell of it."""
    settings.S3_BUCKET = BUCKET
    settings.S3_EVENT_SECRETS = [SECRET]
    settings.S3_EVENT_TOPIC_ARNS = [TOPIC]


@pytest.fixture
def outgoing(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whom this process looks up or connects to from now on; all of it fails."""
    asked: list[Any] = []

    def refuse(*call: Any, **_: Any) -> None:
        asked.append(call)
        raise AssertionError(f"something connects to {call}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    for name in ("getaddrinfo", "gethostbyname"):
        monkeypatch.setattr(socket, name, refuse)
    return asked


@pytest.fixture
def signer() -> Signer:
    """Amazon SNS, with a certificate of its own."""
    return Signer()


@pytest.fixture
def certificate_server(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """The server at sns.us-east-1.amazonaws.com, over TLS, that holds SNS's certificate."""
    certificates.forget_certificates()
    with listener(tls=tls_server()) as server:
        server.answers[signer.certificate_path] = (200, {}, signer.certificate)
        with fetching.connect(Rerouted(server.port)) as client:
            monkeypatch.setattr(fetching, "client", lambda: client)
            yield server
    certificates.forget_certificates()


@pytest.fixture
def bystander() -> Iterator[Listener]:
    """A server that nobody has any business with."""
    with listener() as server:
        yield server


@pytest.fixture
def own_aws_clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Clients made for this test, with credentials that are good for nothing."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    aws.forget_clients()
    yield
    aws.forget_clients()
