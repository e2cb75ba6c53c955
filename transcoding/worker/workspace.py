"""The private directory of one attempt, which is gone when the attempt is over."""

import contextlib
import fcntl
import logging
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from transcoding.worker.errors import PlatformError

log = logging.getLogger(__name__)

PREFIX = "transcode-"
LOCK = "lock"
SPARE_BYTES = 64 * 1024 * 1024  # ffmpeg does not fail when the disk is full, so it never may be


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
    root, lock = _make_locked(parent)
    try:
        # Held until this process is gone, however it goes.
        with lock:
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


def _make_locked(parent: Path) -> tuple[Path, IO[str]]:
    """Make a directory and lock it, one transcoder at a time: a directory without its lock is an abandoned one."""
    with (parent / LOCK).open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        for root in parent.glob(f"{PREFIX}*"):
            if _is_abandoned(root):
                log.warning("A killed transcoder left %s behind; removing it.", root.name)
                shutil.rmtree(root, ignore_errors=True)
        root = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        lock = (root / LOCK).open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        return root, lock


def _is_abandoned(root: Path) -> bool:
    try:
        with (root / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # it died before it made its lock, or is being removed by its own transcoder
    return True
