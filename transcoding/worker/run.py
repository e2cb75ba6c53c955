"""The steps of one attempt, in order."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transcoding.worker.encode import Encoding
from transcoding.worker.errors import TranscodeError
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.ladder import Rung, choose_rungs
from transcoding.worker.probe import is_truncated, probe, truncated
from transcoding.worker.publishing import Publisher
from transcoding.worker.report import Report
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec
from transcoding.worker.stills import (
    POSTER,
    POSTER_SHARE,
    STORYBOARD,
    plan_storyboard,
    poster_command,
    poster_size,
    storyboard_command,
)
from transcoding.worker.stop import StopSwitch
from transcoding.worker.storage import Storage
from transcoding.worker.watchdog import Watchdog
from transcoding.worker.workspace import Workspace, require_space, workspace

log = logging.getLogger(__name__)

STILL_SECONDS = 60
STORYBOARD_SECONDS = 600
STILLS = "stills"


def transcode(spec: JobSpec, *, storage: Storage, report: Report, stop: StopSwitch) -> Publisher:
    """Turn the source into published renditions, keeping `report` up to date; return what was published.

    Raises SourceError, PlatformError (Interrupted among them) or Stopped; then nothing of this attempt is
    left in the work directory or in the storage.
    """
    publishing = _published(Publisher(storage, spec.output_prefix, check=stop.check))
    with publishing as publisher, workspace(Path(spec.work_dir)) as space:
        attempt = _Attempt(spec, space, publisher, storage=storage, report=report, stop=stop)
        attempt.run()
        return publisher


@contextmanager
def _published(publisher: Publisher) -> Iterator[Publisher]:
    try:
        yield publisher
    except BaseException:
        publisher.take_back()
        raise


class _Attempt:
    def __init__(
        self,
        spec: JobSpec,
        space: Workspace,
        publisher: Publisher,
        *,
        storage: Storage,
        report: Report,
        stop: StopSwitch,
    ) -> None:
        self._spec = spec
        self._space = space
        self._publisher = publisher
        self._storage = storage
        self._report = report
        self._stop = stop

    def run(self) -> None:
        self._download()
        self._report.enter("PROBING")
        source = probe(self._space.source, limits=self._spec.limits, check=self._stop.check)
        rungs = choose_rungs(self._spec.ladder, width=source.width, height=source.height)
        self._report.describe(source, rungs, most_frame_rate=self._spec.limits.max_frame_rate)
        log.info("Encoding %s s of %s in %s qualities.", source.duration_seconds, source.video_codec, len(rungs))
        self._report.enter("ENCODING")
        self._make_poster(source)
        self._encode(source, rungs)
        self._report.enter("FINISHING")
        self._make_storyboard(source, rungs[-1])
        self._stop.check()

    def _download(self) -> None:
        # A network may bring a few bytes now and then for ever.
        seconds = self._spec.limits.wall_clock_seconds
        watchdog = Watchdog(stall_seconds=seconds, wall_seconds=seconds)

        def check() -> None:
            self._stop.check()
            watchdog.check()

        size_bytes = self._storage.size(self._spec.source, check=check)
        require_space(self._space.output, needed_bytes=size_bytes)
        self._storage.download(self._spec.source, self._space.source, check=check)

    def _encode(self, source: SourceInfo, rungs: tuple[Rung, ...]) -> None:
        encoding = Encoding(
            self._space,
            spec=self._spec,
            source=source,
            rungs=rungs,
            publisher=self._publisher,
            report=self._report,
            stop=self._stop,
        )
        encoding.run()
        self._verify(source, encoding.video_seconds())
        encoding.make_ready()

    def _verify(self, source: SourceInfo, encoded_seconds: float) -> None:
        """Compare what came out with what the file promised."""
        promised = source.duration_seconds
        if is_truncated(promised_seconds=promised, found_seconds=encoded_seconds):
            raise truncated(promised_seconds=promised, found_seconds=encoded_seconds)

    def _make_poster(self, source: SourceInfo) -> None:
        for seek_seconds in (source.duration_seconds * POSTER_SHARE, 0.0):
            command = poster_command(self._space.source, source=source, spec=self._spec, seek_seconds=seek_seconds)
            if self._make_still(command, POSTER, seconds=STILL_SECONDS):
                width, height = poster_size(source)
                self._report.add_poster(width=width, height=height)
                return

    def _make_storyboard(self, source: SourceInfo, lowest: Rung) -> None:
        seconds = self._spec.segment_seconds
        board = plan_storyboard(lowest, duration_seconds=source.duration_seconds, segment_seconds=seconds)
        command = storyboard_command(lowest.quality, board=board, segment_seconds=seconds)
        if self._make_still(command, STORYBOARD, seconds=STORYBOARD_SECONDS):
            self._report.add_storyboard(board)

    def _make_still(self, command: list[str], name: str, *, seconds: float) -> bool:
        """Run the command and publish its picture; a video without one is still a video."""
        picture = self._space.output / name
        try:
            run_ffmpeg(
                command,
                cwd=self._space.output,
                watchdog=Watchdog(stall_seconds=seconds, wall_seconds=seconds),
                on_tick=lambda _progress: self._stop.check(),
            )
            if not picture.exists() or not picture.stat().st_size:
                return False
            self._publisher.publish(picture, name, lane=STILLS)
            self._publisher.wait()
        except TranscodeError as error:
            self._stop.check()
            log.warning("There will be no %s: %s", name, error)
            return False
        return True
