"""The private directory of one attempt, which is gone when the attempt is over."""

import contextlib
import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from transcoding.worker.errors import PlatformError

log = logging.getLogger(__name__)

PREFIX = "transcode-"
LOCK = "lock"
SPARE_BYTES = 64 * 1024 * 1024  # ffmpeg does not fail when the disk is full, so it never may be
UNLOCKED_SECONDS = 60  # a directory this young may be about to be locked


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """The source is alone in its directory, so that nothing it names can be found beside it."""

    source: Path
    output: Path


@contextlib.contextmanager
def workspace(parent: Path) -> Iterator[Workspace]:
    """Make a directory only we may enter, and remove it and everything in it on the way out.

    Directories that a killed transcoder left behind are removed as well.
    """
    parent.mkdir(parents=True, exist_ok=True)
    _remove_abandoned(parent)
    root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
    try:
        # Held until this process is gone, however it goes.
        with (root / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            space = Workspace(source=root / "in" / "source", output=root / "out")
            space.source.parent.mkdir()
            space.output.mkdir()
            yield space
    finally:
        shutil.rmtree(root, ignore_errors=True)


def require_space(directory: Path, *, needed_bytes: int) -> None:
    """Raise PlatformError `platform.disk-full` when the file and some room to work do not fit."""
    free = shutil.disk_usage(directory).free
    if free < needed_bytes + SPARE_BYTES:
        raise PlatformError(
            "platform.disk-full",
            f"The work directory has {free // 2**20} MB free and needs {(needed_bytes + SPARE_BYTES) // 2**20} MB.",
        )


def _remove_abandoned(parent: Path) -> None:
    for root in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_abandoned(root):
                log.warning("A killed transcoder left %s behind; removing it.", root.name)
                shutil.rmtree(root, ignore_errors=True)


def _is_abandoned(root: Path) -> bool:
    try:
        descriptor = os.open(root / LOCK, os.O_RDWR)
    except FileNotFoundError:
        return time.time() - root.stat().st_mtime > UNLOCKED_SECONDS
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    # An unlocked lock file this young belongs to a transcoder between making and locking it.
    return time.time() - root.stat().st_mtime > UNLOCKED_SECONDS
