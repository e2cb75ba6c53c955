"""Put finished files into the storage, and take them back when the attempt fails."""

import contextlib
import logging
from pathlib import Path

from transcoding.worker.boxes import CodecsError, codecs_of, is_whole
from transcoding.worker.commands import INIT
from transcoding.worker.errors import PlatformError
from transcoding.worker.report import FinishedSegment, Report
from transcoding.worker.segments import PlaylistFollower, Segment
from transcoding.worker.storage import Storage

SHORTEST_SECONDS = 0.001  # ffmpeg rounds a last segment of a few samples of sound to zero

log = logging.getLogger(__name__)


class Publisher:
    """Publish under one prefix and remember every key."""

    def __init__(self, storage: Storage, prefix: str) -> None:
        self._storage = storage
        self._prefix = prefix
        self._keys: list[str] = []

    def publish(self, path: Path, name: str) -> None:
        key = f"{self._prefix}{name}"
        self._keys.append(key)
        self._storage.publish(path, key)

    def take_back(self) -> None:
        """Delete everything published so far; what cannot be deleted is left to the site."""
        for key in self._keys:
            with contextlib.suppress(PlatformError):
                self._storage.delete(key)
        log.info("Took back %s published files.", len(self._keys))
        self._keys.clear()


class RenditionPublisher:
    """Publish the segments of one quality as ffmpeg finishes them, and report each."""

    def __init__(self, directory: Path, *, publisher: Publisher, report: Report, keep_files: bool) -> None:
        self.quality = directory.name
        self.seconds = 0.0
        self._directory = directory
        self._publisher = publisher
        self._report = report
        self._keep_files = keep_files
        self._follower = PlaylistFollower(directory)
        self._codecs: str | None = None

    def require_complete(self) -> None:
        """Raise PlatformError when ffmpeg ended without ending the playlist, as on a full disk."""
        if not self._follower.is_complete:
            raise _damaged(self._directory)

    def publish_finished(self) -> None:
        for segment in self._follower.finished():
            self._publish(segment)

    def _publish(self, segment: Segment) -> None:
        if self._codecs is None:
            init = self._directory / INIT
            try:
                self._codecs = codecs_of(init.read_bytes())
            except CodecsError as error:
                raise _damaged(init) from error
            self._publisher.publish(init, f"{self.quality}/{INIT}")
        with segment.path.open("rb") as file:
            if not is_whole(file):
                raise _damaged(segment.path)
        size_bytes = segment.path.stat().st_size
        self._publisher.publish(segment.path, f"{self.quality}/{segment.name}")
        self._report.add_segment(
            FinishedSegment(
                quality=self.quality,
                n=segment.n,
                duration=max(SHORTEST_SECONDS, round(segment.duration, 6)),
                size_bytes=size_bytes,
            ),
            codecs=self._codecs,
        )
        self.seconds += segment.duration
        if not self._keep_files:
            segment.path.unlink()


def _damaged(path: Path) -> PlatformError:
    return PlatformError("platform.damaged-output", f"ffmpeg wrote {path.name} only in part; the disk may be full.")
