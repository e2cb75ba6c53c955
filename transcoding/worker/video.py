"""Encode the picture chunk by chunk, publishing what is finished on the way."""

import time
from collections.abc import Callable, Sequence

from transcoding.worker.chunk_claims import ChunkClaims, Stretch
from transcoding.worker.chunks import Chunk, Pace
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
        self._claims = ChunkClaims(
            spec, rungs, segments=self._timeline.segments, in_one_piece=not source.is_seekable, check=check
        )
        self._pace = Pace(rungs, segment_seconds=spec.segment_seconds)
        self._headway = Headway(rungs, frames=self._timeline.frames, seconds=source.duration_seconds)
        # The storyboard is made from the files of the lowest rung.
        self.renditions = {
            rung.quality: encoding.rendition(rung.quality, keep_files=rung == rungs[-1]) for rung in rungs
        }

        self.has_seen_the_end = False
        """Whether the source was found to end before it said."""

    def run(self) -> None:
        """Encode and publish everything that others have not; less when the source ends before it said."""
        encoding = self._encoding
        while (chunk := self._claims.take(speed=self._pace.speed)) is not None:
            if encoding.source.is_seekable:  # otherwise all of it is made again
                self._headway.go_on_from({quality: self._made_frames(quality) for quality in self.renditions})
            started = time.monotonic()
            frames = self._encode(chunk)
            self._pace.took(chunk, time.monotonic() - started)
            self._headway.finish_chunk()
            encoding.report.deliver(check=self._check)
            if frames < self._frames_between(chunk.first, chunk.end):
                self.has_seen_the_end = True
                self._claims.end_at(max(chunk.first, *(self.renditions[rung.quality].end for rung in chunk.rungs)))
            for rung in chunk.rungs:
                if self._is_whole(rung.quality):
                    encoding.report.make_ready(rung.quality)

    def seconds(self, quality: str) -> float:
        """Return how long a quality is by now, with what others have made."""
        others, published = self._made_numbers(quality), self.renditions[quality].published
        own = sum(segment.duration for n, segment in published.items() if n not in others)
        return own + float(self._timeline.seconds(self._made_frames(quality)))

    def _is_whole(self, quality: str) -> bool:
        numbers = self._made_numbers(quality) | self.renditions[quality].published.keys()
        return len(numbers) == self._timeline.segments

    def _made_numbers(self, quality: str) -> set[int]:
        return {n for first, end in self._made(quality) for n in range(first, end)}

    def _made_frames(self, quality: str) -> int:
        return sum(self._frames_between(first, end) for first, end in self._made(quality))

    def _made(self, quality: str) -> Sequence[Stretch]:
        return self._claims.made.get(quality, ())

    def _frames_between(self, first: int, end: int) -> int:
        return self._timeline.first_frame(end) - self._timeline.first_frame(first)

    def _encode(self, chunk: Chunk) -> int:
        """Encode and publish a chunk; return how many frames there were."""
        encoding = self._encoding
        renditions = [self.renditions[rung.quality] for rung in chunk.rungs]
        for rendition in renditions:
            rendition.begin()

        def tick(progress: Progress) -> None:
            self._check()
            require_space(encoding.space.output, needed_bytes=0)
            # ffmpeg writes an empty segment where it can decode nothing.
            for rendition in renditions if progress.frame else ():
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
        for rendition in renditions if last.frame else ():
            rendition.require_complete()
        return last.frame

    def _report(self, chunk: Chunk, progress: Progress) -> None:
        self._headway.reach(chunk.rungs, progress.frame)
        self._encoding.report.advance(
            {rung.quality: self._headway.percent(rung.quality) for rung in chunk.rungs},
            encoded_seconds=self._headway.encoded_seconds,
            speed=self._headway.speed,
        )
        self._encoding.report.use(progress.used)
