"""The steps of one attempt, in order."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from transcoding.worker.commands import AUDIO
from transcoding.worker.encoding import Encoding
from transcoding.worker.errors import SourceError, TranscodeError
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.ladder import Rung, choose_rungs
from transcoding.worker.probe import is_truncated, probe, truncated
from transcoding.worker.publishing import Publisher, RenditionPublisher
from transcoding.worker.report import Report
from transcoding.worker.segments import write_playlist
from transcoding.worker.sound import SoundEncoding
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
from transcoding.worker.video import VideoEncoding
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
        lowest = self._encode(source, rungs)
        self._report.enter("FINISHING")
        self._make_storyboard(source, rungs[-1], lowest)
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

    def _encode(self, source: SourceInfo, rungs: tuple[Rung, ...]) -> RenditionPublisher:
        """Encode everything; return the lowest rung, whose files are kept."""
        encoding = Encoding(
            spec=self._spec, source=source, space=self._space, publisher=self._publisher, report=self._report,
            stop=self._stop,
        )  # fmt: skip
        if source.audio_index is None:
            renditions = self._encode_video(encoding, rungs, self._stop.check)
        else:
            sound = SoundEncoding(encoding)
            with sound.running() as check_sound:

                def check() -> None:
                    self._stop.check()
                    check_sound()

                renditions = self._encode_video(encoding, rungs, check)
            renditions.append(sound.rendition)
        self._verify(source, renditions)
        for rendition in renditions:
            self._report.make_ready(rendition.quality)
        return renditions[len(rungs) - 1]

    def _encode_video(
        self, encoding: Encoding, rungs: tuple[Rung, ...], check: Callable[[], None]
    ) -> list[RenditionPublisher]:
        video = VideoEncoding(encoding, rungs, check=check)
        video.run()
        return list(video.renditions.values())

    def _verify(self, source: SourceInfo, renditions: list[RenditionPublisher]) -> None:
        """Compare what came out with what the file promised."""
        promised, found = source.duration_seconds, renditions[0].seconds
        if is_truncated(promised_seconds=promised, found_seconds=found):
            raise truncated(promised_seconds=promised, found_seconds=found)
        for rendition in renditions:
            if not rendition.seconds:
                raise SourceError(
                    "source.undecodable",
                    f"Nothing of this file's {'sound' if rendition.quality == AUDIO else 'picture'} could be "
                    "decoded; please export it again and upload the new file.",
                )

    def _make_poster(self, source: SourceInfo) -> None:
        for seek_seconds in (source.duration_seconds * POSTER_SHARE, 0.0):
            command = poster_command(self._space.source, source=source, spec=self._spec, seek_seconds=seek_seconds)
            if self._make_still(command, POSTER, seconds=STILL_SECONDS):
                width, height = poster_size(source)
                self._report.add_poster(width=width, height=height)
                return

    def _make_storyboard(self, source: SourceInfo, lowest: Rung, rendition: RenditionPublisher) -> None:
        seconds = self._spec.segment_seconds
        board = plan_storyboard(lowest, duration_seconds=source.duration_seconds, segment_seconds=seconds)
        write_playlist(rendition.directory, rendition.published)
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
