"""Put finished files into the storage while the encode goes on, and take them back when the attempt fails."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

from transcoding.worker.boxes import CodecsError, codecs_of, is_whole
from transcoding.worker.commands import INIT, PLAYLIST
from transcoding.worker.errors import Interrupted, PlatformError
from transcoding.worker.lane import Lane
from transcoding.worker.report import FinishedSegment, Report
from transcoding.worker.segments import PlaylistFollower, Segment
from transcoding.worker.storage import Storage

SHORTEST_SECONDS = 0.001  # ffmpeg rounds a last segment of a few samples of sound to zero
LOOK_SECONDS = 0.2
TAKE_BACK_SECONDS = 10.0
"""A machine that asks us to end waits half a minute, in which the site must still be told."""
DELETERS = 8

log = logging.getLogger(__name__)


class Publisher:
    """Publish under one prefix, in a thread for each lane, and remember every key.

    A file takes several round trips to a distant storage, and there are seven every few seconds of video. Within a
    lane files are stored in their order. Everything else, and all that follows a file, is done in the thread that
    calls: nothing but the storing itself runs beside it.
    """

    def __init__(self, storage: Storage, prefix: str, *, check: Callable[[], None]) -> None:
        self._storage = storage
        self._prefix = prefix
        self._check = check
        self._lanes: dict[str, Lane] = {}
        self._keys: list[str] = []
        self._closed = threading.Event()
        self._beside: list[Publisher] = []

    def beside(self, *, check: Callable[[], None]) -> "Publisher":
        """Return one for another thread, under the same prefix; what it publishes is taken back with the rest."""
        other = Publisher(self._storage, self._prefix, check=check)
        self._beside.append(other)
        return other

    def publish(self, path: Path, name: str, *, lane: str, then: Callable[[], None] = lambda: None) -> None:
        """Have the file at path stored under the name; once it is, `settle` or `wait` calls `then`."""
        key = f"{self._prefix}{name}"
        self._keys.append(key)
        if lane not in self._lanes:
            self._lanes[lane] = Lane(lane)
        self._lanes[lane].add(lambda: self._storage.publish(path, key, check=self._check_open), then)

    def settle(self) -> None:
        """Do what follows the files that are stored by now; raise the error of one that could not be."""
        for lane in self._lanes.values():
            lane.settle()

    def wait(self) -> None:
        """Settle until everything is stored; raises what `check` raises."""
        self.settle()
        while under_way := [lane.first for lane in self._lanes.values() if lane.first is not None]:
            self._check()
            wait(under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            self.settle()

    def take_back(self) -> None:
        """Delete everything published so far; what cannot be deleted soon is left to the site.

        First whatever is being stored comes to its end, so that nothing appears afterwards.
        """
        publishers = [self, *self._beside]
        for publisher in publishers:
            publisher.close()
        keys = [key for publisher in publishers for key in publisher.forget()]
        deadline = time.monotonic() + TAKE_BACK_SECONDS
        failed = threading.Event()

        def delete(key: str) -> bool:
            # A storage that does not answer is asked once, and not once for every file.
            if failed.is_set() or time.monotonic() > deadline:
                return False
            try:
                self._storage.delete(key)
            except PlatformError as error:
                log.warning("Published files are left to the site: %s", error)
                failed.set()
                return False
            return True

        with ThreadPoolExecutor(DELETERS) as pool:
            taken = sum(pool.map(delete, keys))
        log.info("Took back %s of %s published files.", taken, len(keys))

    def close(self) -> None:
        """Store nothing more; return when what is being stored has come to its end."""
        self._closed.set()
        for lane in self._lanes.values():
            lane.close()

    def forget(self) -> list[str]:
        """Return every key published so far, once."""
        keys, self._keys = self._keys, []
        return keys

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise Interrupted


class RenditionPublisher:
    """Publish the segments of one quality as ffmpeg finishes them, and report each once it is stored.

    Several runs of ffmpeg may make them, one after the other, in the same directory: `begin` comes before each.
    """

    def __init__(self, directory: Path, *, publisher: Publisher, report: Report, keep_files: bool) -> None:
        self.quality = directory.name
        self.published: dict[int, Segment] = {}
        self.directory = directory
        self._publisher = publisher
        self._report = report
        self._keep_files = keep_files
        self._follower = PlaylistFollower(directory)
        self._init = b""
        self._init_is_seen = False
        self._codecs = ""
        self._init_digest = ""

    @property
    def end(self) -> int:
        """The number after its last segment; 0 when it has none."""
        return max(self.published, default=-1) + 1

    def begin(self) -> None:
        """Make ready for the playlist of another run."""
        self.directory.mkdir(exist_ok=True)
        (self.directory / PLAYLIST).unlink(missing_ok=True)
        self._follower = PlaylistFollower(self.directory)
        self._init_is_seen = False

    def require_complete(self) -> None:
        """Wait until everything is stored; raise PlatformError when ffmpeg ended without ending the playlist, as on
        a full disk.
        """
        if not self._follower.is_complete:
            raise _damaged(self.directory)
        self._publisher.wait()

    def publish_finished(self) -> None:
        for segment in self._follower.finished():
            if not self._init_is_seen:
                self._take_init()
            self._publish(segment)
        self._publisher.settle()

    def _publish(self, segment: Segment) -> None:
        with segment.path.open("rb") as file:
            if not is_whole(file):
                raise _damaged(segment.path)
        finished = FinishedSegment(
            quality=self.quality,
            n=segment.n,
            duration=max(SHORTEST_SECONDS, round(segment.duration, 6)),
            size_bytes=segment.path.stat().st_size,
        )

        def tell() -> None:
            self._report.add_segment(finished, codecs=self._codecs, init_digest=self._init_digest)
            self.published[segment.n] = segment
            if not self._keep_files:
                segment.path.unlink()

        self._publisher.publish(segment.path, f"{self.quality}/{segment.name}", lane=self.quality, then=tell)

    def _take_init(self) -> None:
        """Publish what goes before the first segment. Players read it once: every run must make the same."""
        path = self.directory / INIT
        init = path.read_bytes()
        self._init_is_seen = True
        if init == self._init:
            return
        if self._init:
            raise PlatformError("platform.chunks-differ", f"Two chunks of {self.quality} do not fit together.")
        try:
            self._codecs = codecs_of(init)
        except CodecsError as error:
            raise _damaged(path) from error
        self._init = init
        self._init_digest = hashlib.sha256(init).hexdigest()
        self._publisher.publish(path, f"{self.quality}/{INIT}", lane=self.quality)


def _damaged(path: Path) -> PlatformError:
    return PlatformError("platform.damaged-output", f"ffmpeg wrote {path.name} only in part; the disk may be full.")
