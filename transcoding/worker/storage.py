"""Where sources come from and renditions go to."""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.storage_spec import LocalStorageSpec, SourceObject, StorageSpec

COPY_BYTES = 4 * 1024 * 1024


class Storage(Protocol):
    """Objects by key, from any thread.

    Failures are PlatformErrors: `platform.disk-full`, `platform.source-missing`, `platform.bad-key`,
    `platform.storage` or `platform.storage-refused`; but a source that is no longer the one that was taken is a
    SourceError, `source.replaced`. `check` is called now and then, and what it raises ends the call.
    """

    def size(self, source: SourceObject, *, check: Callable[[], None]) -> int:
        """Return the source's size in bytes."""

    def download(self, source: SourceObject, path: Path, *, check: Callable[[], None]) -> None:
        """Bring exactly this source to path, where there must be no file yet."""

    def publish(self, path: Path, key: str, *, check: Callable[[], None]) -> None:
        """Put the file at path under key; readers see all of it or nothing."""

    def delete(self, key: str) -> None:
        """Remove the object, in one try; one that is not there is no error."""


def open_storage(spec: StorageSpec) -> Storage:
    if isinstance(spec, LocalStorageSpec):
        return LocalStorage(Path(spec.root))
    # boto3 takes half a second to import, which a transcoder on the site's own disk need not spend.
    from transcoding.worker.s3_storage import S3Storage  # noqa: PLC0415 — see above

    return S3Storage(spec)


class LocalStorage:
    """Objects as files under one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def size(self, source: SourceObject, *, check: Callable[[], None]) -> int:
        check()
        with disk_errors(source.key):
            return self._path(source.key).stat().st_size

    def download(self, source: SourceObject, path: Path, *, check: Callable[[], None]) -> None:
        with disk_errors(source.key):
            self._copy(self._path(source.key), path, check=check)
            # Afterwards, because a new source brings its mark first and then its bytes.
            self._require_same(source)

    def _copy(self, source: Path, path: Path, *, check: Callable[[], None]) -> None:
        with contextlib.suppress(OSError):  # another file system, or one without links
            os.link(source, path)
            return
        with source.open("rb") as reader, path.open("xb") as writer:
            while block := reader.read(COPY_BYTES):
                writer.write(block)
                check()

    def _require_same(self, source: SourceObject) -> None:
        path = self._path(source.key)
        mark = path.with_name(f"{path.name}.etag")
        # The store keeps no mark of a file that did not come in by an upload.
        if source.etag and mark.exists() and mark.read_text() != source.etag:
            raise replaced()

    def publish(self, path: Path, key: str, *, check: Callable[[], None]) -> None:
        check()
        with disk_errors(key):
            target = self._path(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{uuid.uuid4().hex}.tmp")
            try:
                try:
                    os.link(path, temporary)
                except OSError:
                    shutil.copyfile(path, temporary)
                temporary.replace(target)
            finally:
                # Renaming one link of a file over another is a no-op that leaves the first behind.
                temporary.unlink(missing_ok=True)

    def delete(self, key: str) -> None:
        with disk_errors(key):
            target = self._path(key)
            target.unlink(missing_ok=True)
            for parent in target.parents:
                if parent == self._root:
                    break
                try:
                    parent.rmdir()
                except OSError:  # not empty: something else lives there
                    break

    def _path(self, key: str) -> Path:
        path = self._root if "\0" in key else (self._root / key).resolve()
        if path == self._root or not path.is_relative_to(self._root):
            raise PlatformError("platform.bad-key", "A storage key leads out of the storage.")
        return path


def replaced() -> SourceError:
    return SourceError("source.replaced", "The file was replaced after its upload. Upload it again.")


@contextlib.contextmanager
def disk_errors(key: str) -> Iterator[None]:
    """Turn what the disk says while the object `key` is read or written into a PlatformError."""
    try:
        yield
    except FileNotFoundError as error:
        raise PlatformError("platform.source-missing", f"There is no object {key}.") from error
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        code = "platform.disk-full" if full else "platform.storage"
        raise PlatformError(code, f"The storage failed for {key}: {error.strerror}.") from error
