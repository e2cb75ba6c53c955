"""The object store on local disk, speaking the presigned protocol of docs/protocol.md §2.

    <root>/objects/<key>              whole objects
    <root>/uploads/<upload id>/data   an open upload: every part at its own offset
    <root>/uploads/<upload id>/parts/<number>.json   one per finished part

Parts are written in place, so completing is one rename, however large the file.
"""

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uploads import keys
from uploads.stores import signing
from uploads.stores.base import (
    NoSuchUpload,
    OpenUpload,
    SignedForm,
    SignedPut,
    StoredObject,
    StoredPart,
    StoreError,
)

UPLOAD_ID = re.compile(r"[0-9a-f]{32}")


class LocalStore:
    """A Store under one directory; `root` must be on one file system.

    Its URLs begin at the site's root, so that they work under whichever name the browser knows the site by.
    """

    def __init__(self, root: Path) -> None:
        self.objects = root / "objects"
        self.uploads = root / "uploads"

    bucket = "local"
    signer_id = "site"

    def create_upload(self, key: str, *, content_type: str, size_bytes: int, part_size_bytes: int) -> str:
        self.object_path(key)
        upload_id = secrets.token_hex(16)
        folder = self.uploads / upload_id
        with _disk_errors():
            (folder / "parts").mkdir(parents=True)
            (folder / "data").touch()
            _write_whole(folder / "upload.json", json.dumps({"key": key, "partSize": part_size_bytes}))
        return upload_id

    def sign_parts(
        self, key: str, upload_id: str, lengths: Mapping[int, int], *, content_type: str, expires_at: datetime
    ) -> dict[int, SignedPut]:
        fixed = {"upload": upload_id, "expires": str(int(expires_at.timestamp()))}
        return {
            number: SignedPut(url=self._url("PUT", key, part=str(number), length=str(length), **fixed))
            for number, length in lengths.items()
        }

    def sign_form(self, key: str, *, content_type: str, size_bytes: int, expires_at: datetime) -> SignedForm | None:
        return None

    def put_part(self, key: str, upload_id: str, number: int, chunks: Iterable[bytes]) -> str:
        """Store one part and return its ETag; sent again, it replaces the part. Raises StoreError."""
        with self._locked(key, upload_id) as (folder, part_size_bytes):
            marker = folder / "parts" / f"{number}.json"
            marker.unlink(missing_ok=True)
            digest, size = hashlib.md5(usedforsecurity=False), 0
            with (folder / "data").open("r+b") as data:
                data.seek((number - 1) * part_size_bytes)
                for chunk in chunks:
                    data.write(chunk)
                    digest.update(chunk)
                    size += len(chunk)
                data.flush()
                os.fdatasync(data.fileno())
            _write_whole(marker, json.dumps({"size": size, "etag": digest.hexdigest()}))
            return digest.hexdigest()

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        try:
            folder, _ = self._open(key, upload_id)
        except NoSuchUpload:
            return []
        with _disk_errors():
            return _parts_in(folder)

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        with self._locked(key, upload_id) as (folder, _):
            if {part.number: part for part in _parts_in(folder)} != {part.number: part for part in parts}:
                raise StoreError("the parts have changed since they were listed")
            # S3's ETag of a multipart object: the hash of the parts' hashes, and how many there were.
            digest = hashlib.md5(b"".join(bytes.fromhex(p.etag) for p in parts), usedforsecurity=False).hexdigest()
            target = self.object_path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(target.with_name(target.name + ".etag"), f"{digest}-{len(parts)}")
            (folder / "data").replace(target)
            # The object is whole: what cannot be removed now is no reason to say otherwise.
            shutil.rmtree(folder, ignore_errors=True)

    def abort_upload(self, key: str, upload_id: str) -> None:
        try:
            with self._locked(key, upload_id) as (folder, _):
                shutil.rmtree(folder)
        except NoSuchUpload:
            return

    def open_uploads(self) -> Iterator[OpenUpload]:
        for folder in self.uploads.glob("*/"):
            try:
                fact = json.loads((folder / "upload.json").read_text())
                started_at = datetime.fromtimestamp(folder.stat().st_mtime, tz=UTC)
            except (OSError, ValueError):
                continue  # it has just gone, or is not yet
            yield OpenUpload(key=fact["key"], upload_id=folder.name, started_at=started_at)

    def head(self, key: str) -> StoredObject | None:
        path = self.object_path(key)
        try:
            stat = path.stat()
            etag_file = path.with_name(path.name + ".etag")
            etag = etag_file.read_text() if etag_file.exists() else f"{stat.st_mtime_ns:x}-{stat.st_size:x}"
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"the disk did not do it: {error}") from error
        return StoredObject(size_bytes=stat.st_size, etag=etag)

    def sign_get(self, key: str, *, starts_at: datetime, expires_at: datetime, download_name: str = "") -> str:
        name = {"name": download_name} if download_name else {}
        return self._url("GET", key, expires=str(int(expires_at.timestamp())), **name)

    def mark_rejected(self, key: str, *, rejected: bool) -> None:
        """A folder has no lifecycle of its own: the sweep removes it."""

    def delete_prefix(self, prefix: str) -> None:
        if not prefix.endswith("/"):
            raise ValueError(f"not a prefix: {prefix!r}")
        folder = self.object_path(prefix.rstrip("/"))
        with _disk_errors():
            with suppress(FileNotFoundError):
                shutil.rmtree(folder)
            if folder.exists():
                raise StoreError(f"something is still changing under {prefix}")

    def worker_access(self) -> dict[str, Any]:
        return {"kind": "local", "root": str(self.objects)}

    def object_path(self, key: str) -> Path:
        """Return where an object lies. Raises StoreError for a key that this site did not make."""
        if not keys.is_safe(key):
            raise StoreError(f"not a key of this site: {key!r}")
        return self.objects / key

    def _url(self, method: str, key: str, **params: str) -> str:
        return f"/store/{key}?{signing.sign(method, key, params)}"

    def _open(self, key: str, upload_id: str) -> tuple[Path, int]:
        folder = self.uploads / upload_id
        try:
            fact = json.loads((folder / "upload.json").read_text()) if UPLOAD_ID.fullmatch(upload_id) else {}
        except (FileNotFoundError, ValueError):
            fact = {}
        # Without its data it was completed, by a process that died before it removed the folder.
        if fact.get("key") != key or not (folder / "data").exists():
            raise NoSuchUpload("no such upload is open")
        return folder, fact["partSize"]

    @contextmanager
    def _locked(self, key: str, upload_id: str) -> Iterator[tuple[Path, int]]:
        """Hold an upload, so that no part is written while it is completed, and none afterwards."""
        with _disk_errors():
            folder, part_size_bytes = self._open(key, upload_id)
            try:
                lock = (folder / "upload.json").open()
            except FileNotFoundError as error:
                raise NoSuchUpload("the upload has just gone") from error
            with lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                self._open(key, upload_id)  # it may have been completed while we waited
                yield folder, part_size_bytes


@contextmanager
def _disk_errors() -> Iterator[None]:
    """Say of a full or failing disk what a remote store would say."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"the disk did not do it: {error}") from error


def _parts_in(folder: Path) -> list[StoredPart]:
    """Return the parts an upload's folder holds, by number."""
    parts = []
    for marker in (folder / "parts").glob("*.json"):
        try:
            fact = json.loads(marker.read_text())
        except (FileNotFoundError, ValueError):
            continue  # it is being sent again, or a power cut left its marker empty: it has not arrived
        parts.append(StoredPart(number=int(marker.stem), size_bytes=fact["size"], etag=fact["etag"]))
    return sorted(parts, key=lambda part: part.number)


def _write_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_text(text)
    draft.replace(path)
