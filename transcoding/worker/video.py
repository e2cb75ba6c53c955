"""Encode the picture chunk by chunk, publishing what is finished on the way."""

import time
from collections.abc import Callable, Sequence

from transcoding.worker.chunks import Chunk, ChunkQueue
from transcoding.worker.commands import chunk_command
from transcoding.worker.encoding import Encoding
from transcoding.worker.ffmpeg import run_ffmpeg
from transcoding.worker.frame_rate import output_frame_rate
from transcoding.worker.headway import Headway
from transcoding.worker.ladder import Rung
from transcoding.worker.progress import Progress
from transcoding.worker.timeline import timeline_of
from transcoding.worker.workspace import require_space


class VideoEncoding:
    """The chunks of a video, and the renditions that come out of them."""

    def __init__(self, encoding: Encoding, rungs: Sequence[Rung], *, check: Callable[[], None]) -> None:
        """`check` is called several times a second, and may raise to end the encode."""
        self._encoding = encoding
        self._check = check
        source, spec = encoding.source, encoding.spec
        rate = output_frame_rate(source.frame_rate, most=spec.limits.max_frame_rate)
        self._timeline = timeline_of(source.duration_seconds, rate=rate, segment_seconds=spec.segment_seconds)
        self._chunks = ChunkQueue(
            rungs,
            segments=self._timeline.segments,
            segment_seconds=spec.segment_seconds,
            in_one_piece=not source.is_seekable,
        )
        self._headway = Headway(rungs, frames=self._timeline.frames, seconds=source.duration_seconds)
        # The storyboard is made from the files of the lowest rung.
        self.renditions = {
            rung.quality: encoding.rendition(rung.quality, keep_files=rung == rungs[-1]) for rung in rungs
        }

    def run(self) -> None:
        """Encode and publish everything; less when the source ends before it said."""
        while (chunk := self._chunks.take()) is not None:
            started = time.monotonic()
            frames = self._encode(chunk)
            self._chunks.took(chunk, time.monotonic() - started)
            if frames < self._timeline.first_frame(chunk.end) - self._timeline.first_frame(chunk.first):
                self._chunks.end_with(chunk)

    def _encode(self, chunk: Chunk) -> int:
        """Encode and publish a chunk; return how many frames there were."""
        encoding = self._encoding
        renditions = [self.renditions[rung.quality] for rung in chunk.rungs]
        for rendition in renditions:
            rendition.begin()

        def tick(progress: Progress) -> None:
            self._check()
            require_space(encoding.space.output, needed_bytes=0)
            for rendition in renditions:
                rendition.publish_finished()
            self._report(chunk, progress)

        command = chunk_command(
            encoding.space.source,
            source=encoding.source,
            chunk=chunk,
            timeline=self._timeline,
            spec=encoding.spec,
        )
        last = run_ffmpeg(command, cwd=encoding.space.output, watchdog=encoding.watchdog(), on_tick=tick)
        tick(last)
        # A stretch that is not there leaves no playlist at all.
        for rendition in renditions if last.frame else ():
            rendition.require_complete()
        return last.frame

    def _report(self, chunk: Chunk, progress: Progress) -> None:
        self._headway.reach(chunk.rungs, self._timeline.first_frame(chunk.first) + progress.frame)
        self._encoding.report.advance(
            {rung.quality: self._headway.percent(rung) for rung in chunk.rungs},
            encoded_seconds=self._headway.encoded_seconds,
            speed=self._headway.speed,
        )
        self._encoding.report.use(progress.used)
