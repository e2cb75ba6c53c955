"""What a transcoder says (docs/protocol.md §7). Bounds here, meaning in transcoding.reports."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from uploads.schemas import CamelSchema

Quality = Annotated[str, Field(pattern=r"^[a-z0-9]{1,16}$")]
Percent = Annotated[int, Field(ge=0, le=100)]
Seconds = Annotated[float, Field(ge=0, le=10**7)]
Pixels = Annotated[int, Field(ge=1, le=65536)]
# PostgreSQL cannot hold NUL in a text, and a file's metadata or ffmpeg's log may.
WithoutNul = AfterValidator(lambda text: text.replace("\0", ""))


class SegmentIn(CamelSchema):
    n: Annotated[int, Field(ge=0, le=10**6)]
    duration: Annotated[float, Field(gt=0, le=3600)]
    bytes: Annotated[int, Field(gt=0, le=2**40)]


class RenditionIn(CamelSchema):
    quality: Quality
    kind: Literal["video", "audio"] | None = None
    width: Pixels | None = None
    height: Pixels | None = None
    frame_rate: Annotated[float, Field(gt=0, le=1000)] | None = None
    codecs: Annotated[str, Field(pattern=r"^[A-Za-z0-9.,]{0,60}$")] = ""
    progress: Percent | None = None
    status: Literal["PENDING", "ENCODING", "READY", "FAILED"] | None = None
    init_digest: Annotated[str, Field(pattern=r"^[0-9a-f]{0,64}$")] = ""
    segments: Annotated[list[SegmentIn], Field(max_length=1000)] = []


class SourceIn(CamelSchema):
    width: Pixels
    height: Pixels
    duration_seconds: Seconds
    frame_rate: float | None = None
    video_codec: Annotated[str, Field(max_length=60), WithoutNul]
    audio_codec: Annotated[str, Field(max_length=60), WithoutNul] | None = None
    container: Annotated[str, Field(max_length=100), WithoutNul] = ""


class PosterIn(CamelSchema):
    width: Pixels
    height: Pixels


class StoryboardIn(CamelSchema):
    tile_width: Pixels
    tile_height: Pixels
    columns: Annotated[int, Field(ge=1, le=100)]
    rows: Annotated[int, Field(ge=1, le=100)]
    count: Annotated[int, Field(ge=1, le=10_000)]
    interval_seconds: Annotated[float, Field(gt=0, le=86_400)]


class ErrorIn(CamelSchema):
    code: Annotated[str, Field(pattern=r"^(source|platform)\.[a-z0-9-]{1,48}$")]
    message: Annotated[str, Field(max_length=500), WithoutNul]


class ReportIn(CamelSchema):
    video_id: UUID
    attempt: Annotated[int, Field(ge=1, le=1000)]
    seq: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    status: Literal["RUNNING", "SUCCEEDED", "FAILED"]
    stage: Literal["", "DOWNLOADING", "PROBING", "ENCODING", "FINISHING"] = ""
    source: SourceIn | None = None
    renditions: Annotated[list[RenditionIn], Field(max_length=32)] = []
    encoded_seconds: Seconds | None = None
    speed: Seconds | None = None
    cpu_seconds: Seconds | None = None
    peak_memory_mib: Annotated[int, Field(ge=0, le=2**24)] | None = None
    poster: PosterIn | None = None
    storyboard: StoryboardIn | None = None
    error: ErrorIn | None = None
    log_tail: Annotated[str, Field(max_length=20_000), WithoutNul] = ""


class ChunkClaimIn(CamelSchema):
    """What a transcoder knows of the film it wants a chunk of: see transcoding.chunk_planning.Film."""

    number: Annotated[int, Field(ge=1, le=10**6)]
    qualities: Annotated[list[Quality], Field(min_length=1, max_length=32)]
    segments: Annotated[int, Field(ge=1, le=10**6)]
    in_one_piece: bool = False
    speed: Annotated[float, Field(gt=0, le=10**6)] | None = None


class ChunkOut(CamelSchema):
    first: int
    count: int
    qualities: list[str]


class ChunkClaimOut(CamelSchema):
    chunk: ChunkOut | None
    wait: bool
    made: dict[str, list[tuple[int, int]]]


class ContinueOut(CamelSchema):
    go_on: Annotated[bool, Field(serialization_alias="continue", validation_alias="continue")] = True


class StopOut(CamelSchema):
    go_on: Annotated[bool, Field(serialization_alias="continue", validation_alias="continue")] = False
    reason: Literal["superseded", "cancelled"]
