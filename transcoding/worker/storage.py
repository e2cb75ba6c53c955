"""Where sources come from and renditions go to."""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from transcoding.worker.errors import PlatformError
from transcoding.worker.spec import StorageSpec

COPY_BYTES = 4 * 1024 * 1024


class Storage(Protocol):
    """Objects by key. Every failure is a PlatformError: `platform.disk-full`, `platform.source-missing`,
    `platform.bad-key` or `platform.storage`.
    """

    def size(self, key: str) -> int:
        """Return the object's size in bytes."""

    def download(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        """Bring the object to path, calling `check` now and then; it may raise."""

    def publish(self, path: Path, key: str) -> None:
        """Put the file at path under key; readers see all of it or nothing."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is no error."""


def open_storage(spec: StorageSpec) -> Storage:
    if spec.kind == "local":
        return LocalStorage(Path(spec.root))
    raise PlatformError("platform.unknown-storage", f"There is no storage of the kind {spec.kind}.")


class LocalStorage:
    """Objects as files under one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def size(self, key: str) -> int:
        with _translated(key):
            return self._path(key).stat().st_size

    def download(self, key: str, path: Path, *, check: Callable[[], None]) -> None:
        with _translated(key):
            source = self._path(key)
            with contextlib.suppress(OSError):  # another file system, or one without links
                os.link(source, path)
                return
            with source.open("rb") as reader, path.open("xb") as writer:
                while block := reader.read(COPY_BYTES):
                    writer.write(block)
                    check()

    def publish(self, path: Path, key: str) -> None:
        with _translated(key):
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
        with _translated(key):
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


@contextlib.contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise PlatformError("platform.source-missing", f"There is no object {key}.") from error
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        code = "platform.disk-full" if full else "platform.storage"
        raise PlatformError(code, f"The storage failed for {key}: {error.strerror}.") from error
