"""The steps of one attempt, in order."""

import logging
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from transcoding.worker.commands import AUDIO, INIT
from transcoding.worker.duration import is_truncated, truncated
from transcoding.worker.encoding import Encoding
from transcoding.worker.errors import PlatformError, SourceError, TranscodeError
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.ladder import Rung, choose_rungs
from transcoding.worker.probe import probe
from transcoding.worker.publishing import Publisher
from transcoding.worker.report import Report
from transcoding.worker.segments import segment_name, write_playlist
from transcoding.worker.sound import SoundEncoding
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import MADE_POSTER, JobSpec
from transcoding.worker.stills import (
    POSTER,
    POSTER_SHARE,
    STORYBOARD,
    Storyboard,
    plan_storyboard,
    poster_command,
    poster_size,
    storyboard_command,
)
from transcoding.worker.stop import StopSwitch
from transcoding.worker.storage import Storage
from transcoding.worker.storage_spec import SourceObject
from transcoding.worker.video import VideoEncoding
from transcoding.worker.watchdog import Watchdog
from transcoding.worker.workspace import Workspace, require_space, workspace

log = logging.getLogger(__name__)

STILL_SECONDS = 60
STORYBOARD_SECONDS = 600
STILLS = "stills"


def transcode(spec: JobSpec, *, storage: Storage, publisher: Publisher, report: Report, stop: StopSwitch) -> None:
    """Turn the source into published renditions, keeping `report` up to date.

    Raises SourceError, PlatformError (Interrupted among them) or Stopped. Then nothing is left in the work directory;
    what was published stays.
    """
    with closing(publisher), workspace(Path(spec.work_dir)) as space:
        attempt = _Attempt(spec, space, publisher, storage=storage, report=report, stop=stop)
        attempt.run()


def _undecodable(what: str) -> SourceError:
    return SourceError(
        "source.undecodable",
        f"Nothing of this file's {what} could be decoded; please export it again and upload the new file.",
    )


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
        self._report.describe(source, rungs, most_frame_rate=self._spec.limits.max_frame_rate, made=self._spec.made)
        log.info("Encoding %s s of %s in %s qualities.", source.duration_seconds, source.video_codec, len(rungs))
        self._report.enter("ENCODING")
        if MADE_POSTER not in self._spec.made:
            self._make_poster(source)
        seconds = self._encode(source, rungs)
        self._report.enter("FINISHING")
        self._make_storyboard(rungs[-1], seconds)
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

    def _encode(self, source: SourceInfo, rungs: tuple[Rung, ...]) -> float:
        """Encode everything that was not made before; return how many seconds there are."""
        encoding = Encoding(
            spec=self._spec, source=source, space=self._space, publisher=self._publisher, report=self._report,
            stop=self._stop,
        )  # fmt: skip
        if source.audio_index is None or AUDIO in self._spec.made:
            return self._encode_video(encoding, rungs, self._stop.check)
        sound = SoundEncoding(encoding)
        with sound.running() as check_sound:

            def check() -> None:
                self._stop.check()
                check_sound()

            seconds = self._encode_video(encoding, rungs, check)
        if not sound.rendition.published:
            raise _undecodable("sound")
        return seconds

    def _encode_video(self, encoding: Encoding, rungs: tuple[Rung, ...], check: Callable[[], None]) -> float:
        video = VideoEncoding(encoding, rungs, check=check)
        video.run()
        promised = encoding.source.duration_seconds
        for rung in rungs:
            found = video.seconds(rung.quality)
            missing = is_truncated(promised_seconds=promised, found_seconds=found)
            if (missing or not found) and not video.has_seen_the_end:
                raise PlatformError("platform.incomplete", f"Only {found:.0f} of {promised:.0f} seconds were made.")
            if not found:
                raise _undecodable("picture")
            if missing:
                raise truncated(promised_seconds=promised, found_seconds=found)
            self._report.make_ready(rung.quality)
        return video.seconds(rungs[-1].quality)

    def _make_poster(self, source: SourceInfo) -> None:
        for seek_seconds in (source.duration_seconds * POSTER_SHARE, 0.0):
            command = poster_command(self._space.source, source=source, spec=self._spec, seek_seconds=seek_seconds)
            if self._make_still(command, POSTER, seconds=STILL_SECONDS):
                width, height = poster_size(source)
                self._report.add_poster(width=width, height=height)
                return

    def _make_storyboard(self, lowest: Rung, seconds: float) -> None:
        board = plan_storyboard(lowest, duration_seconds=seconds, segment_seconds=self._spec.segment_seconds)
        try:
            self._bring_tiles(lowest.quality, board)
        except TranscodeError as error:
            self._stop.check()
            log.warning("There will be no %s: %s", STORYBOARD, error)
            return
        command = storyboard_command(lowest.quality, board=board)
        if self._make_still(command, STORYBOARD, seconds=STORYBOARD_SECONDS):
            self._report.add_storyboard(board)

    def _bring_tiles(self, quality: str, board: Storyboard) -> None:
        """Have the segments that the tiles are taken from in one directory, also those that others made."""
        directory = self._space.output / quality
        directory.mkdir(exist_ok=True)
        step = round(board.interval_seconds / self._spec.segment_seconds)
        names = [segment_name(n * step) for n in range(board.count)]
        for name in (INIT, *names):
            if not (directory / name).exists():
                key = f"{self._spec.output_prefix}{quality}/{name}"
                self._storage.download(SourceObject(key=key), directory / name, check=self._stop.check)
        write_playlist(directory, names, seconds=self._spec.segment_seconds)

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
