"""S3 events as the different stores and carriers write them, read into one shape. Nothing here believes them.

>>> parse({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "videos"})[0].name
's3:TestEvent'
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_plus

from uploads.errors import UserError

TEST_EVENT = "s3:TestEvent"
"""What S3 sends once, when it is told to send events: there is no object."""

HALF_CHARACTER = re.compile(r"[\ud800-\udfff]")
"""JSON can hold one, and neither a log nor a database takes it."""

KEY_DECODERS: dict[str, Callable[[str], str]] = {
    # Amazon S3 and MinIO write a key as a form field does; Ceph writes it as it is.
    "aws:s3": unquote_plus,
    "minio:s3": unquote_plus,
    "ceph:s3": str,
}

R2_FIELDS = {"account", "action", "bucket", "object"}
"""By these a message of Cloudflare R2's queue is known; it names no source and no version."""
R2_CREATED = {"PutObject", "CopyObject", "CompleteMultipartUpload"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectEvent:
    """One thing that happened to one object. `etag` and `version_id` are empty where the store did not say."""

    name: str
    bucket: str
    key: str = ""
    etag: str = ""
    version_id: str = ""
    created: bool = False
    secret: str = field(default="", repr=False)
    """What Ceph was told to add to its events: its only credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRecord:
    """A record that cannot be read, among others that perhaps can."""

    reason: str
    secret: str = field(default="", repr=False)


class _Unreadable(Exception):
    """A record lacks what makes it one; the message says what."""


def load(text: bytes | str) -> object:
    """Read JSON. Raises UserError for whatever is none, or nests too deep, or holds a number too long to read."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError("hook.not-json", "The body is not JSON that can be read.") from error


def parse(document: object) -> list[ObjectEvent | BadRecord]:
    """Return the events in a document, in its order. Raises UserError when it is none that a store sends."""
    if isinstance(document, dict):
        records = document.get("Records")
        if isinstance(records, list):
            return [_attempt(_record, record) for record in records]
        if document.get("Event") == TEST_EVENT:
            return [ObjectEvent(name=TEST_EVENT, bucket="")]
        if document.get("source") == "aws.s3":
            return [_attempt(_eventbridge, document)]
        if document.keys() >= R2_FIELDS:
            return [_attempt(_r2, document)]
    raise UserError(
        "hook.not-an-event",
        "Send S3 events: Records as S3 writes them, what EventBridge makes of them, or a message of R2's queue.",
    )


def _attempt(read: Callable[[object], ObjectEvent], record: object) -> ObjectEvent | BadRecord:
    try:
        return read(record)
    except _Unreadable as unreadable:
        secret = record.get("opaqueData") if isinstance(record, dict) else None
        return BadRecord(reason=str(unreadable), secret=secret if isinstance(secret, str) else "")


def _record(record: object) -> ObjectEvent:
    decode = KEY_DECODERS.get(_text(record, "eventSource"))
    if decode is None:
        raise _Unreadable("eventSource is none we know")
    # Minor versions only add fields.
    if not _text(record, "eventVersion").startswith("2."):
        raise _Unreadable("eventVersion is not 2")
    name = _text(record, "eventName").removeprefix("s3:")
    s3 = _field(record, "s3")
    thing = _field(s3, "object")
    return ObjectEvent(
        name=name,
        bucket=_text(_field(s3, "bucket"), "name"),
        key=decode(_text(thing, "key")),
        etag=_etag(thing, "eTag"),
        version_id=_version(thing, "versionId"),
        created=name.startswith("ObjectCreated:"),
        secret=_text(record, "opaqueData", default=""),
    )


def _eventbridge(document: object) -> ObjectEvent:
    name, detail = _text(document, "detail-type"), _field(document, "detail")
    thing = _field(detail, "object")
    return ObjectEvent(
        name=name,
        bucket=_text(_field(detail, "bucket"), "name"),
        key=_text(thing, "key"),  # as it is: EventBridge encodes nothing
        etag=_etag(thing, "etag") or _etag(thing, "eTag"),
        version_id=_version(thing, "version-id"),
        created=name == "Object Created",
    )


def _r2(document: object) -> ObjectEvent:
    name, thing = _text(document, "action"), _field(document, "object")
    return ObjectEvent(
        name=name,
        bucket=_text(document, "bucket"),
        key=_text(thing, "key"),  # as it is
        etag=_etag(thing, "eTag"),
        created=name in R2_CREATED,
    )


def _etag(thing: object, field: str) -> str:
    return _text(thing, field, default="").strip('"')


def _version(thing: object, field: str) -> str:
    """Return a version id; "null" is the name of what a store without versions keeps."""
    version = _text(thing, field, default="")
    return "" if version == "null" else version


def _field(value: object, name: str) -> object:
    if not isinstance(value, dict):
        raise _Unreadable(f"{name} is missing")
    return value.get(name)


def _text(value: object, name: str, *, default: str | None = None) -> str:
    """Return a text that can be written down; `default`, where there is one, when it is missing."""
    text = _field(value, name)
    if default is not None and text is None:
        return default
    if not isinstance(text, str) or (default is None and not text) or HALF_CHARACTER.search(text):
        raise _Unreadable(f"{name} is missing, or no text")
    return text
