"""What the site asks of an object store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class StoreError(Exception):
    """The store did not do it; the sweep or the caller tries again."""


class NoSuchUpload(StoreError):
    """The upload is not open: it was completed, given up, or never was. Trying again is no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPart:
    """A part the store holds."""

    number: int
    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredObject:
    """An object as the store itself describes it; `version_id` only where the store keeps versions."""

    size_bytes: int
    etag: str
    version_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenUpload:
    """An upload that the store holds parts for, or may."""

    key: str
    upload_id: str
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedPut:
    """A presigned PUT; every header is part of the signature and must be sent as it is."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedForm:
    """A presigned form: `fields` first, in this order, then the file as `file`, by multipart/form-data POST."""

    url: str
    fields: Mapping[str, str]


class Store(Protocol):
    """Uploading and reading by presigned URL, and deleting. Keys are those of `uploads.keys`.

    Every method that talks to the store raises StoreError when it does not answer, or not as it should.
    """

    @property
    def bucket(self) -> str:
        """The name under which this store's objects are known."""
        ...

    @property
    def signer_id(self) -> str:
        """Name the credentials that sign now: when this changes, URLs signed before may soon be refused."""
        ...

    def create_upload(self, key: str, *, content_type: str, size_bytes: int, part_size_bytes: int) -> str:
        """Open an upload of so many bytes and return the store's id of it."""
        ...

    def sign_parts(
        self, key: str, upload_id: str, lengths: Mapping[int, int], *, content_type: str, expires_at: datetime
    ) -> dict[int, SignedPut]:
        """Return a PUT for each part number, good for exactly its length in bytes until `expires_at`."""
        ...

    def sign_form(self, key: str, *, content_type: str, size_bytes: int, expires_at: datetime) -> SignedForm | None:
        """Return a form that takes exactly this many bytes as the object, or None where the store has no forms."""
        ...

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """Return the finished parts by number; none when the upload is not open."""
        ...

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Make the object of exactly these parts, all at once. Raises StoreError; ask `head` what came of it."""
        ...

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop an upload and its parts; one that is gone already is fine. An object made of them stays."""
        ...

    def open_uploads(self) -> Iterator[OpenUpload]:
        """Yield the uploads of sources that are open in the store, whether the site knows them or not."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """Describe an object, or None."""
        ...

    def sign_get(self, key: str, *, starts_at: datetime, expires_at: datetime, download_name: str = "") -> str:
        """Return a GET URL good from `starts_at` until `expires_at`; the same arguments give the same URL.

        With `download_name` a browser saves the file under that name instead of showing it.
        """
        ...

    def mark_rejected(self, key: str, *, rejected: bool) -> None:
        """Let the store's own lifecycle remove the object some day, or no longer; one that is gone is fine."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Delete every object under a prefix that ends in a slash; none there is fine. Raises StoreError."""
        ...

    def worker_access(self) -> dict[str, Any]:
        """Return the `storage` part of a transcoder's job specification (docs/protocol.md §6)."""
        ...
