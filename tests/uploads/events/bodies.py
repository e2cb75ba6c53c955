"""S3 events as each store writes them, cut down to what matters, and their delivery to the webhook."""

import hmac
import json
import time
from hashlib import sha256
from typing import Any
from urllib.parse import quote, quote_plus

from django.test import Client

from tests.uploads.browsing import Answer, begin, local_store
from uploads.models import EventTally, Upload

BUCKET = "videos"
SECRET = "the secret of this test's site"
TOPIC = "arn:aws:sns:us-east-1:123456789012:uploads"


def record(key: str, *, etag: str = "", version: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a record of Amazon S3, whose keys are written like form fields."""
    thing = {"key": quote_plus(key, safe="/"), "size": 4, "eTag": etag, "sequencer": "0055AED6DCD90281E5"}
    if version is not None:
        thing["versionId"] = version
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-22T10:36:19.712Z",
        "eventName": "ObjectCreated:Put",
        "s3": {"s3SchemaVersion": "1.0", "configurationId": "n", "bucket": {"name": BUCKET}, "object": thing},
        **more,
    }


def s3(key: str, etag: str = "") -> dict[str, Any]:
    """Return what Amazon S3 puts into a queue or topic."""
    return {"Records": [record(key, etag=etag)]}


def minio(key: str, etag: str = "") -> dict[str, Any]:
    """Return what MinIO posts: slashes are escaped too, and names begin with s3:."""
    made = record(key, etag=etag, version="", eventSource="minio:s3", eventName="s3:ObjectCreated:Put")
    made["s3"]["object"]["key"] = quote_plus(key)
    return {"EventName": "s3:ObjectCreated:Put", "Key": f"{BUCKET}/{key}", "Records": [made]}


def ceph(key: str, etag: str = "", secret: str = SECRET) -> dict[str, Any]:
    """Return what a Ceph gateway posts: the key as it is."""
    made = record(key, etag=etag, version="", eventVersion="2.2", eventSource="ceph:s3", opaqueData=secret)
    made["s3"]["object"]["key"] = key
    return {"Records": [made]}


def eventbridge(key: str, etag: str = "") -> dict[str, Any]:
    """Return what EventBridge makes of an S3 event: the key as it is."""
    return {
        "version": "0",
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "version": "0",
            "bucket": {"name": BUCKET},
            "object": {"key": key, "size": 4, "etag": etag, "version-id": "null", "sequencer": "617f08299329d189"},
            "reason": "PutObject",
        },
    }


def r2(key: str, etag: str = "") -> dict[str, Any]:
    """Return what Cloudflare R2 puts into a queue: the key as it is."""
    return {
        "account": "3f4b7e3dcab231cbfdaa90a6a28bd548", "action": "CompleteMultipartUpload", "bucket": BUCKET,
        "object": {"key": key, "size": 4, "eTag": etag}, "eventTime": "2026-11-22T10:36:19.712Z",
    }  # fmt: skip


def percent_encoded(key: str, etag: str = "") -> dict[str, Any]:
    """Return a record of a server that writes a space as %20 where Amazon S3 writes +."""
    made = record(key, etag=etag)
    made["s3"]["object"]["key"] = quote(key)
    return {"Records": [made]}


STORES = {
    "s3": s3, "percent-encoded": percent_encoded, "minio": minio, "ceph": ceph, "eventbridge": eventbridge, "r2": r2,
}  # fmt: skip


def raw(body: Any) -> bytes:
    """Return a body as bytes; what is no bytes yet is written as JSON."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def signature(body: bytes, *, secret: str = SECRET, at: float | None = None) -> str:
    """Sign a body as a forwarder does."""
    moment = int(time.time() if at is None else at)
    return f"t={moment},v1={hmac.new(secret.encode(), f'{moment}.'.encode() + body, sha256).hexdigest()}"


def deliver(body: Any, *, content_type: str = "application/json", **headers: str) -> Answer:
    """POST to the webhook, as somebody of whom nothing is known but the headers given."""
    client = Client(enforce_csrf_checks=True)
    return client.post("/hooks/s3/", raw(body), content_type=content_type, headers=headers)


def forward(body: Any) -> Answer:
    """POST to the webhook with a good signature."""
    return deliver(body, **{"X-Vidsite-Signature": signature(raw(body))})


def arrived(client: Client, content: bytes = b"film") -> tuple[str, str, str]:
    """Let a source become whole in the store without a word to the site; return video id, key and ETag."""
    video_id = begin(client, content, parts=[1])
    store, key = local_store(), f"sources/{video_id}/source"
    upload_id = Upload.objects.get(video__source_key=key).store_upload_id
    store.complete_upload(key, upload_id, store.list_parts(key, upload_id))
    stored = store.head(key)
    assert stored
    return video_id, key, stored.etag


def tallies() -> dict[tuple[str, str], int]:
    """Return what the admin shows of the events that came."""
    return {(row.transport, row.outcome): row.count for row in EventTally.objects.all()}
