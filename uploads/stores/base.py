"""What the site asks of an object store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    """An object as the store itself describes it."""

    size_bytes: int
    etag: str


class Store(Protocol):
    """Multipart upload by presigned URL, reading by presigned URL, deleting. Keys are those of `uploads.keys`."""

    def create_upload(self, key: str, *, content_type: str, part_size_bytes: int) -> str:
        """Open a multipart upload and return the store's id of it."""
        ...

    def sign_parts(
        self, key: str, upload_id: str, lengths: Mapping[int, int], *, expires_at: datetime
    ) -> dict[int, str]:
        """Return a PUT URL for each part number, good for exactly its length in bytes until `expires_at`."""
        ...

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        """Return the finished parts by number; none when the upload is not open."""
        ...

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        """Make the object of exactly these parts, all at once. Raises StoreError; ask `head` what came of it."""
        ...

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Drop an upload and its parts; one that is gone already is fine."""
        ...

    def head(self, key: str) -> StoredObject | None:
        """Describe an object, or None."""
        ...

    def sign_get(self, key: str, *, expires_at: datetime) -> str:
        """Return a GET URL good until `expires_at`; the same arguments give the same URL."""
        ...

    def delete_prefix(self, prefix: str) -> None:
        """Delete every object under a prefix that ends in a slash; none there is fine. Raises StoreError."""
        ...

    def worker_access(self) -> dict[str, Any]:
        """Return the `storage` part of a transcoder's job specification (docs/protocol.md §6)."""
        ...
