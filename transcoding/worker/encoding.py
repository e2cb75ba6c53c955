"""What every run of the encoder works with."""

from dataclasses import dataclass

from transcoding.worker.publishing import Publisher, RenditionPublisher
from transcoding.worker.report import Report
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec
from transcoding.worker.stop import StopSwitch
from transcoding.worker.watchdog import Watchdog
from transcoding.worker.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """One attempt's source, what is to become of it, and who is to hear of it."""

    spec: JobSpec
    source: SourceInfo
    space: Workspace
    publisher: Publisher
    report: Report
    stop: StopSwitch

    def watchdog(self) -> Watchdog:
        """Return one that watches over a run of ffmpeg."""
        limits = self.spec.limits
        return Watchdog(stall_seconds=limits.no_progress_seconds, wall_seconds=limits.wall_clock_seconds)

    def rendition(
        self, quality: str, *, publisher: Publisher | None = None, keep_files: bool = False
    ) -> RenditionPublisher:
        """Return what publishes one quality from its directory in the workspace."""
        return RenditionPublisher(
            self.space.output / quality,
            publisher=publisher or self.publisher,
            report=self.report,
            keep_files=keep_files,
        )
