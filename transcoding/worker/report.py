"""The latest state of an attempt, and the document that tells it (docs/protocol.md, 7)."""

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from transcoding.worker.commands import AUDIO
from transcoding.worker.frame_rate import output_frame_rate
from transcoding.worker.ladder import Rung
from transcoding.worker.source import SourceInfo
from transcoding.worker.stills import Storyboard
from transcoding.worker.usage import Usage

MOST_SEGMENTS = 500
MOST_LOG_CHARACTERS = 4096
MOST_MESSAGE_CHARACTERS = 500
DONE = 100
NEARLY_DONE = 99
DELIVERY_SECONDS = 5.0
LOOK_SECONDS = 0.02


@dataclass(slots=True, kw_only=True)
class Rendition:
    quality: str
    kind: str
    width: int | None = None
    height: int | None = None
    frame_rate: float | None = None
    codecs: str | None = None
    init_digest: str | None = None
    progress: int = 0
    status: str = "PENDING"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedSegment:
    quality: str
    n: int
    duration: float
    size_bytes: int


@dataclass(slots=True, kw_only=True)
class Report:
    """What is to be told, merged: the encoder writes, the reporter's thread reads.

    Segments stay pending until `acknowledge`; everything else is simply the latest.
    """

    video_id: str
    attempt: int
    seq: int = 0
    status: str = "RUNNING"
    stage: str = "DOWNLOADING"
    source: dict[str, Any] | None = None
    renditions: dict[str, Rendition] = field(default_factory=dict)
    pending: list[FinishedSegment] = field(default_factory=list)
    encoded_seconds: float = 0.0
    speed: float | None = None
    used: Usage = field(default_factory=Usage)
    poster: dict[str, int] | None = None
    storyboard: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    log_tail: str = ""
    version: int = 0
    is_urgent: bool = False
    """Whether the segments that are pending should not wait for their turn."""
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @contextlib.contextmanager
    def _change(self) -> Iterator[None]:
        with self._lock:
            yield
            self.version += 1

    def enter(self, stage: str) -> None:
        with self._change():
            self.stage = stage

    def describe(
        self, source: SourceInfo, rungs: Sequence[Rung], *, most_frame_rate: int, made: Collection[str] = ()
    ) -> None:
        """Announce the source and every quality that will be made of it; those in `made` are READY."""
        rate = float(output_frame_rate(source.frame_rate, most=most_frame_rate))
        with self._change():
            self.source = {
                "width": source.width,
                "height": source.height,
                "durationSeconds": round(source.duration_seconds, 3),
                "frameRate": round(float(source.frame_rate), 3) if source.frame_rate else None,
                "videoCodec": source.video_codec,
                "audioCodec": source.audio_codec,
                "container": source.container,
            }
            for rung in rungs:
                self.renditions[rung.quality] = Rendition(
                    quality=rung.quality,
                    kind="video",
                    width=rung.width,
                    height=rung.height,
                    frame_rate=round(rate, 3),
                )
            if source.audio_index is not None:
                self.renditions[AUDIO] = Rendition(quality=AUDIO, kind="audio")
            for quality in self.renditions.keys() & set(made):
                self.renditions[quality].status = "READY"
                self.renditions[quality].progress = DONE

    def advance(
        self, percents: Mapping[str, int], *, encoded_seconds: float | None = None, speed: float | None = None
    ) -> None:
        """Move qualities to these whole percentages, at most 99 and never back."""
        with self._change():
            if encoded_seconds is not None:
                self.encoded_seconds, self.speed = encoded_seconds, speed
            for quality, percent in percents.items():
                rendition = self.renditions[quality]
                if rendition.status != "READY":
                    rendition.status = "ENCODING"
                    rendition.progress = max(rendition.progress, min(percent, NEARLY_DONE))

    def add_segment(self, segment: FinishedSegment, *, codecs: str, init_digest: str) -> None:
        """Tell a segment that is in the store, and the codec and SHA-256 of the init segment it needs."""
        with self._change():
            self.renditions[segment.quality].codecs = codecs
            self.renditions[segment.quality].init_digest = init_digest
            self.pending.append(segment)

    def use(self, used: Usage) -> None:
        """Take what was used so far."""
        with self._change():
            self.used = used

    def make_ready(self, quality: str) -> None:
        with self._change():
            self.renditions[quality].status = "READY"
            self.renditions[quality].progress = DONE

    def add_poster(self, *, width: int, height: int) -> None:
        with self._change():
            self.poster = {"width": width, "height": height}

    def add_storyboard(self, board: Storyboard) -> None:
        with self._change():
            self.storyboard = {
                "tileWidth": board.tile_width,
                "tileHeight": board.tile_height,
                "columns": board.columns,
                "rows": board.rows,
                "count": board.count,
                "intervalSeconds": board.interval_seconds,
            }

    def succeed(self) -> None:
        with self._change():
            self.status = "SUCCEEDED"

    def fail(self, code: str, message: str, *, log_tail: str) -> None:
        """End the attempt; what it has made is told all the same, for the next to go on from."""
        with self._change():
            self.status = "FAILED"
            self.error = {"code": code, "message": message[:MOST_MESSAGE_CHARACTERS]}
            self.log_tail = log_tail[-MOST_LOG_CHARACTERS:]

    def take_back(self) -> None:
        """Tell nothing more of what was made: its files will go."""
        with self._change():
            self.pending.clear()
            self.poster = self.storyboard = None
            for rendition in self.renditions.values():
                rendition.status = "FAILED"

    def next_document(self) -> tuple[dict[str, Any], list[FinishedSegment], int]:
        """Return the next report, the segments in it, which are to be acknowledged, and the version it tells.

        While more segments are waiting than one report may carry, a final status is held back: what is READY is
        played to the end of what the site knows, and no further.
        """
        with self._lock:
            self.seq += 1
            sent = self.pending[:MOST_SEGMENTS]
            held_back = {segment.quality for segment in self.pending[MOST_SEGMENTS:]}
            by_quality: dict[str, list[dict[str, Any]]] = {}
            for segment in sent:
                by_quality.setdefault(segment.quality, []).append(
                    {"n": segment.n, "duration": segment.duration, "bytes": segment.size_bytes}
                )
            document: dict[str, Any] = {
                "videoId": self.video_id,
                "attempt": self.attempt,
                "seq": self.seq,
                "status": "RUNNING" if held_back else self.status,
                "stage": self.stage,
                "renditions": [
                    _rendition_document(_not_ready(rendition) if quality in held_back else rendition, by_quality)
                    for quality, rendition in self.renditions.items()
                ],
                "encodedSeconds": round(self.encoded_seconds, 3),
                "speed": round(self.speed, 3) if self.speed is not None else None,
                "cpuSeconds": round(self.used.cpu_seconds, 2),
                "peakMemoryMib": self.used.peak_memory_mib,
                "error": self.error,
                "logTail": self.log_tail,
            }
            for key, value in (
                ("source", self.source),
                ("poster", self.poster),
                ("storyboard", self.storyboard),
            ):
                if value is not None:  # a missing key means "as before"
                    document[key] = value
            return document, sent, self.version

    def acknowledge(self, sent: list[FinishedSegment]) -> None:
        with self._lock:
            del self.pending[: len(sent)]
            self.is_urgent = self.is_urgent and bool(self.pending)

    def deliver(self, *, check: Callable[[], None]) -> None:
        """Have the site know of every segment soon, and wait for it, but not for a site that is away.

        What it does not know when this transcoder dies is made again.
        """
        self.is_urgent = True
        until = time.monotonic() + DELIVERY_SECONDS
        while self.pending and time.monotonic() < until:
            check()
            time.sleep(LOOK_SECONDS)
        self.is_urgent = False


def _not_ready(rendition: Rendition) -> Rendition:
    return replace(rendition, status="ENCODING", progress=min(rendition.progress, NEARLY_DONE))


def _rendition_document(rendition: Rendition, segments: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    document: dict[str, Any] = {
        "quality": rendition.quality,
        "kind": rendition.kind,
        "width": rendition.width,
        "height": rendition.height,
        "frameRate": rendition.frame_rate,
        "progress": rendition.progress,
        "status": rendition.status,
        "segments": segments.get(rendition.quality, []),
    }
    if rendition.codecs is not None:
        document["codecs"] = rendition.codecs
    if rendition.init_digest is not None:
        document["initDigest"] = rendition.init_digest
    return document
