"""Encode every rung at once, publishing what is finished on the way."""

import time
from collections.abc import Sequence

from transcoding.worker.commands import AUDIO, encode_command
from transcoding.worker.errors import SourceError
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.ladder import Rung
from transcoding.worker.progress import Progress
from transcoding.worker.publishing import Publisher, RenditionPublisher
from transcoding.worker.report import Report
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec
from transcoding.worker.stop import StopSwitch
from transcoding.worker.watchdog import Watchdog
from transcoding.worker.workspace import Workspace, require_space

SPEED_MEMORY_SECONDS = 10.0


class SpeedMeter:
    """Smooth the seconds of video encoded per second of wall-clock time."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._encoded_seconds = 0.0
        self.speed: float | None = None

    def measure(self, encoded_seconds: float) -> None:
        now = time.monotonic()
        passed = now - self._at
        if encoded_seconds <= self._encoded_seconds or passed <= 0:
            return
        current = (encoded_seconds - self._encoded_seconds) / passed
        share = min(1.0, passed / SPEED_MEMORY_SECONDS)
        self.speed = current if self.speed is None else self.speed + share * (current - self.speed)
        self._at, self._encoded_seconds = now, encoded_seconds


class Encoding:
    """One ffmpeg run and the renditions that come out of it."""

    def __init__(
        self,
        space: Workspace,
        *,
        spec: JobSpec,
        source: SourceInfo,
        rungs: Sequence[Rung],
        publisher: Publisher,
        report: Report,
        stop: StopSwitch,
    ) -> None:
        self._space = space
        self._spec = spec
        self._source = source
        self._rungs = rungs
        self._report = report
        self._stop = stop
        self._meter = SpeedMeter()
        qualities = [rung.quality for rung in rungs] + ([AUDIO] if source.audio_index is not None else [])
        self._renditions = [
            RenditionPublisher(
                space.output / quality,
                publisher=publisher,
                report=report,
                keep_files=quality == rungs[-1].quality,  # the storyboard is made from the lowest rung
            )
            for quality in qualities
        ]

    def run(self) -> None:
        """Encode and publish everything."""
        for rendition in self._renditions:
            (self._space.output / rendition.quality).mkdir()
        limits = self._spec.limits
        last = run_ffmpeg(
            encode_command(self._space.source, source=self._source, rungs=self._rungs, spec=self._spec),
            cwd=self._space.output,
            watchdog=Watchdog(stall_seconds=limits.no_progress_seconds, wall_seconds=limits.wall_clock_seconds),
            on_tick=self._tick,
        )
        self._tick(last)
        for rendition in self._renditions:
            rendition.require_complete()

    def video_seconds(self) -> float:
        """Return how long the published top rung is."""
        return self._renditions[0].seconds

    def make_ready(self) -> None:
        for rendition in self._renditions:
            if not rendition.seconds:
                raise SourceError(
                    "source.undecodable",
                    f"Nothing of this file's {'sound' if rendition.quality == AUDIO else 'picture'} could be "
                    "decoded; please export it again and upload the new file.",
                )
            self._report.make_ready(rendition.quality)

    def _tick(self, progress: Progress) -> None:
        self._stop.check()
        require_space(self._space.output, needed_bytes=0)
        for rendition in self._renditions:
            rendition.publish_finished()
        self._meter.measure(progress.encoded_seconds)
        self._report.advance(
            encoded_seconds=progress.encoded_seconds,
            percent=int(100 * progress.encoded_seconds / self._source.duration_seconds),
            speed=self._meter.speed,
        )
        self._report.use(progress.used)
