"""The job specification: everything the transcoder is told, as one JSON document (docs/protocol.md, 6)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

QUALITY_NAME = re.compile(r"[a-z0-9]{1,16}")
PRESETS = frozenset({"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"})


MIN_HEIGHT = 16
"""The smallest rung, in pixels."""


class SpecError(ValueError):
    """The job specification is not one; the message names the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageSpec:
    kind: str
    root: str


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
    """One attempt at one job. `threads` 0 lets ffmpeg choose; `output_prefix` ends in a slash."""

    job_id: str
    video_id: str
    attempt: int
    report_url: str
    token: str = field(repr=False)
    storage: StorageSpec
    source_key: str
    output_prefix: str
    work_dir: str
    ladder: tuple[LadderEntry, ...]
    segment_seconds: int
    preset: str
    threads: int
    limits: Limits

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a specification; raise SpecError naming the first field that is missing or wrong."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise SpecError(f"The job specification is not JSON: {error}.") from error
        fields = _Fields(document, "")
        storage = fields.part("storage")
        limits = fields.part("limits")
        return cls(
            job_id=fields.text("jobId"),
            video_id=fields.text("videoId"),
            attempt=fields.whole("attempt", minimum=1),
            report_url=fields.text("reportUrl", pattern=r"https?://.+"),
            token=fields.text("token"),
            storage=StorageSpec(kind=storage.text("kind"), root=storage.text("root")),
            source_key=fields.text("sourceKey"),
            output_prefix=fields.text("outputPrefix", pattern=r".+/"),
            work_dir=fields.text("workDir", pattern=r"/.*"),
            ladder=_ladder(fields),
            segment_seconds=fields.whole("segmentSeconds", minimum=1),
            preset=fields.text("preset", pattern="|".join(sorted(PRESETS))),
            threads=fields.whole("threads", minimum=0),
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
                "token": self.token,
                "storage": {"kind": self.storage.kind, "root": self.storage.root},
                "sourceKey": self.source_key,
                "outputPrefix": self.output_prefix,
                "workDir": self.work_dir,
                "ladder": [
                    {"quality": entry.quality, "height": entry.height, "maxBitrate": entry.max_bitrate}
                    for entry in self.ladder
                ],
                "segmentSeconds": self.segment_seconds,
                "preset": self.preset,
                "threads": self.threads,
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


class _Fields:
    """Read typed values out of a decoded JSON object, naming what is wrong."""

    def __init__(self, document: object, name: str) -> None:
        if not isinstance(document, Mapping):
            raise SpecError(f"{name or 'The job specification'} must be an object.")
        self._document = document
        self._prefix = f"{name}." if name else ""

    def _get(self, key: str) -> object:
        if key not in self._document:
            raise SpecError(f"{self._prefix}{key} is missing.")
        return self._document[key]

    def text(self, key: str, *, pattern: str = r"(?s).+") -> str:
        value = self._get(key)
        if not isinstance(value, str) or "\0" in value or not re.fullmatch(pattern, value):
            raise SpecError(f"{self._prefix}{key} is not a good value.")
        return value

    def whole(self, key: str, *, minimum: int) -> int:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise SpecError(f"{self._prefix}{key} must be a whole number of {minimum} or more.")
        return value

    def part(self, key: str) -> "_Fields":
        return _Fields(self._get(key), f"{self._prefix}{key}")

    def parts(self, key: str) -> "list[_Fields]":
        values = self._get(key)
        if not isinstance(values, list) or not values:
            raise SpecError(f"{self._prefix}{key} must be a list with at least one entry.")
        return [_Fields(value, f"{self._prefix}{key}[{n}]") for n, value in enumerate(values)]


def _ladder(fields: _Fields) -> tuple[LadderEntry, ...]:
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
