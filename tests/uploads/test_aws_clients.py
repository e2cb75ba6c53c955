"""What the AWS clients send, and what they do not keep."""

from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from hashlib import md5
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.factories import start_upload
from uploads.models import Upload
from uploads.stores import StoreError, aws
from uploads.stores.s3 import S3Store

DELETE = {"Objects": [{"Key": "sources/a/source"}]}


@pytest.fixture(autouse=True)
def films(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A bucket at AWS, and credentials for it."""
    settings.STORE, settings.S3_BUCKET, settings.S3_REGION = "s3", "films", "us-east-1"
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = ""
    settings.S3_ADDRESSING, settings.S3_CHECKSUMS = "virtual", "when_supported"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    aws.forget_clients()
    yield
    aws.forget_clients()


class Wire:
    """Takes what would be sent, and answers that all is well."""

    def __init__(self) -> None:
        self.sent: list[AWSPreparedRequest] = []
        aws.s3().meta.events.register("before-send.s3", self)  # type: ignore[arg-type]  # its answer is used

    def __call__(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        self.sent.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(b"<DeleteResult/>"))


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


def test_servers_that_know_no_newer_checksum_get_the_one_they_want(settings: Settings) -> None:
    settings.S3_CHECKSUMS = "when_required"
    wire = Wire()
    aws.s3().delete_objects(Bucket="films", Delete=DELETE)  # type: ignore[arg-type]  # a plain dict
    [request] = wire.sent
    body = request.body
    assert isinstance(body, bytes)
    assert request.headers["Content-MD5"] == b64encode(md5(body, usedforsecurity=False).digest())


def test_aws_gets_its_own_checksums_alone() -> None:
    wire = Wire()
    aws.s3().delete_objects(Bucket="films", Delete=DELETE)  # type: ignore[arg-type]  # a plain dict
    assert "Content-MD5" not in wire.sent[0].headers


def test_credentials_that_come_later_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as nothing:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            nothing.delenv(name)
        nothing.setenv("AWS_EC2_METADATA_DISABLED", "true")
        nothing.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        nothing.setenv("AWS_CONFIG_FILE", "/nonexistent")
        for asked in (S3Store("films").head, lambda key: S3Store("films").list_parts(key, "id")):
            with pytest.raises(StoreError, match="credentials"):
                asked("sources/a/source")
    assert aws.s3()


def test_a_form_is_sent_to_the_address_that_pages_may_talk_to() -> None:
    form = S3Store("films").sign_form(
        "sources/a/source", content_type="video/mp4", size_bytes=9, expires_at=timezone.now() + timedelta(hours=1)
    )
    assert form
    assert form.url == "https://films.s3.us-east-1.amazonaws.com/"


@pytest.mark.parametrize("content_type", ["video/mp4 ", 'video/mp4;  codecs="avc1"'])
def test_a_content_type_is_signed_as_browsers_send_it(content_type: str) -> None:
    store, hour = S3Store("films"), timezone.now() + timedelta(hours=1)
    upload_id = store.create_upload("sources/a/source", content_type=content_type, size_bytes=9, part_size_bytes=10)
    put = store.sign_parts("sources/a/source", upload_id, {1: 9}, content_type=content_type, expires_at=hour)[1]
    assert put.headers["Content-Type"] == " ".join(content_type.split())


def test_a_store_may_name_its_uploads_at_length(alices: Client, settings: Settings) -> None:
    settings.STORE = "local"
    start_upload(alices)
    Upload.objects.update(store_upload_id="x" * 400)
    assert len(Upload.objects.get().store_upload_id) == 400
