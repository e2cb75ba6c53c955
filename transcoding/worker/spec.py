"""The job specification: everything the transcoder is told, as one JSON document (docs/protocol.md, 6)."""

import json
import re
from dataclasses import dataclass, field
from typing import Self

from transcoding.worker.fields import ANY_TEXT, Fields, SpecError
from transcoding.worker.storage_spec import SourceObject, StorageSpec, read_storage, storage_document

__all__ = ["MADE_POSTER", "MIN_HEIGHT", "PRESETS", "JobSpec", "LadderEntry", "Limits", "SpecError"]

QUALITY_NAME = re.compile(r"[a-z0-9]{1,16}")
PRESETS = frozenset({"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"})

MADE_POSTER = "poster"
"""How `made` names the poster."""
MIN_HEIGHT = 16
"""The smallest rung, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderEntry:
    """A quality on offer: the height in pixels of its 16:9 box, and its cap in bits per second."""

    quality: str
    height: int
    max_bitrate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    max_duration_seconds: int
    max_pixels: int
    max_streams: int
    max_frame_rate: int
    no_progress_seconds: int
    wall_clock_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobSpec:
    """One attempt at one job. `threads` 0 lets ffmpeg choose; `output_prefix` ends in a slash.

    `made` names what attempts before have made whole: qualities, and MADE_POSTER.
    """

    job_id: str
    video_id: str
    attempt: int
    report_url: str
    chunks_url: str
    token: str = field(repr=False)
    storage: StorageSpec
    source: SourceObject
    output_prefix: str
    work_dir: str
    ladder: tuple[LadderEntry, ...]
    segment_seconds: int
    preset: str
    threads: int
    limits: Limits
    made: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a specification; raise SpecError naming the first field that is missing or wrong."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise SpecError(f"The job specification is not JSON: {error}.") from error
        fields = Fields(document, "")
        limits = fields.part("limits")
        return cls(
            job_id=fields.text("jobId"),
            video_id=fields.text("videoId"),
            attempt=fields.whole("attempt", minimum=1),
            report_url=fields.text("reportUrl", pattern=r"https?://.+"),
            chunks_url=fields.text("chunksUrl", pattern=r"https?://.+"),
            token=fields.text("token"),
            storage=read_storage(fields.part("storage")),
            source=SourceObject(
                key=fields.text("sourceKey"),
                etag=fields.text("sourceEtag", pattern=ANY_TEXT),
                version=fields.text("sourceVersion", pattern=ANY_TEXT),
            ),
            output_prefix=fields.text("outputPrefix", pattern=r".+/"),
            work_dir=fields.text("workDir", pattern=r"/.*"),
            ladder=_ladder(fields),
            segment_seconds=fields.whole("segmentSeconds", minimum=1),
            preset=fields.text("preset", pattern="|".join(sorted(PRESETS))),
            threads=fields.whole("threads", minimum=0),
            made=fields.texts("made"),
            limits=Limits(
                max_duration_seconds=limits.whole("maxDurationSeconds", minimum=1),
                max_pixels=limits.whole("maxPixels", minimum=1),
                max_streams=limits.whole("maxStreams", minimum=1),
                max_frame_rate=limits.whole("maxFrameRate", minimum=1),
                no_progress_seconds=limits.whole("noProgressSeconds", minimum=1),
                wall_clock_seconds=limits.whole("wallClockSeconds", minimum=1),
            ),
        )

    def to_json(self) -> str:
        return json.dumps(
            {
                "jobId": self.job_id,
                "videoId": self.video_id,
                "attempt": self.attempt,
                "reportUrl": self.report_url,
                "chunksUrl": self.chunks_url,
                "token": self.token,
                "storage": storage_document(self.storage),
                "sourceKey": self.source.key,
                "sourceEtag": self.source.etag,
                "sourceVersion": self.source.version,
                "outputPrefix": self.output_prefix,
                "workDir": self.work_dir,
                "ladder": [
                    {"quality": entry.quality, "height": entry.height, "maxBitrate": entry.max_bitrate}
                    for entry in self.ladder
                ],
                "segmentSeconds": self.segment_seconds,
                "preset": self.preset,
                "threads": self.threads,
                "made": list(self.made),
                "limits": {
                    "maxDurationSeconds": self.limits.max_duration_seconds,
                    "maxPixels": self.limits.max_pixels,
                    "maxStreams": self.limits.max_streams,
                    "maxFrameRate": self.limits.max_frame_rate,
                    "noProgressSeconds": self.limits.no_progress_seconds,
                    "wallClockSeconds": self.limits.wall_clock_seconds,
                },
            }
        )


def _ladder(fields: Fields) -> tuple[LadderEntry, ...]:
    entries = tuple(
        LadderEntry(
            quality=entry.text("quality", pattern=QUALITY_NAME.pattern),
            height=entry.whole("height", minimum=MIN_HEIGHT),
            max_bitrate=entry.whole("maxBitrate", minimum=1000),
        )
        for entry in fields.parts("ladder")
    )
    names = [entry.quality for entry in entries]
    if len(set(names)) != len(names) or "audio" in names:
        raise SpecError("ladder names every quality once, and none of them audio.")
    return entries
