"""A real S3 server, a bucket of its own for each test, and the site set to use it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

import httpx
import pytest
from pytest_django.fixtures import Settings

from tests.real_s3.ceph import Ceph
from uploads.stores import aws, get_store
from uploads.stores.s3 import S3Store

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="session")
def ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    """One server for the whole session."""
    with Ceph(tmp_path_factory.mktemp("ceph")) as cluster:
        yield cluster


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, and a client that looks into it past the site."""

    name: str
    s3: "S3Client"

    def put(self, key: str, content: bytes) -> None:
        self.s3.put_object(Bucket=self.name, Key=key, Body=content)

    def content(self, key: str) -> bytes:
        return self.s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def keys(self) -> list[str]:
        """Return every key in it."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [found["Key"] for page in pages for found in page.get("Contents", [])]

    def open_uploads(self) -> list[str]:
        """Return the ids of the multipart uploads that are open in it."""
        return [found["UploadId"] for found in self.s3.list_multipart_uploads(Bucket=self.name).get("Uploads", [])]

    def empty(self) -> None:
        """Free the memory that it takes."""
        for found in self.s3.list_multipart_uploads(Bucket=self.name).get("Uploads", []):
            self.s3.abort_multipart_upload(Bucket=self.name, Key=found["Key"], UploadId=found["UploadId"])
        for key in self.keys():
            self.s3.delete_object(Bucket=self.name, Key=key)


def use_bucket(ceph: Ceph, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """Make a bucket and set the site to use it, until the test is over."""
    made = Bucket(name=f"vidsite-{uuid4().hex[:12]}", s3=ceph.s3())
    made.s3.create_bucket(Bucket=made.name)
    settings.STORE = "s3"
    settings.S3_BUCKET = made.name
    settings.S3_REGION = ceph.region
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = ceph.endpoint
    settings.S3_ADDRESSING = "path"
    settings.S3_CHECKSUMS = "when_required"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ceph.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", ceph.secret_key)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    _forget()
    yield made
    _forget()
    made.empty()


def _forget() -> None:
    aws.forget_clients()
    get_store.cache_clear()


@pytest.fixture
def bucket(ceph: Ceph, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A fresh bucket, which is the site's store."""
    yield from use_bucket(ceph, settings, monkeypatch)


@pytest.fixture
def store(bucket: Bucket) -> S3Store:
    """The site's store, which lists in pages of its own size."""
    found = get_store()
    assert isinstance(found, S3Store)
    return found


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    """What a browser sends, with no credentials of its own."""
    with httpx.Client(timeout=30) as client:
        yield client
