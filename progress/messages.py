"""Every message to a browser (docs/protocol.md §4): the only place that knows their keys."""

from typing import Literal, TypedDict


class ErrorFact(TypedDict):
    code: str
    message: str


class RenditionFact(TypedDict):
    quality: str
    kind: str
    width: int | None
    height: int | None
    progress: int
    status: str


class MachineFact(TypedDict):
    """A machine that is being started: ECS's word for it, or WAITING while there is none, and since when."""

    status: str
    ageSeconds: int


class StatusFacts(TypedDict):
    """What is true of a video as a whole."""

    videoId: str
    status: str
    stage: str
    position: int | None
    machine: MachineFact | None
    eta: int | None
    speed: float | None
    durationSeconds: float | None
    playable: bool
    error: ErrorFact | None
    version: int


class Snapshot(StatusFacts):
    type: Literal["snapshot"]
    renditions: list[RenditionFact]


class StatusMessage(StatusFacts):
    type: Literal["status"]


class ProgressMessage(TypedDict):
    type: Literal["progress"]
    videoId: str
    quality: str
    progress: int
    status: str
    version: int


class DeletedMessage(TypedDict):
    type: Literal["deleted"]
    videoId: str


class ErrorMessage(TypedDict):
    type: Literal["error"]
    code: str
    message: str


class PongMessage(TypedDict):
    type: Literal["pong"]


Message = Snapshot | StatusMessage | ProgressMessage | DeletedMessage | ErrorMessage | PongMessage


def status_of(snapshot: Snapshot) -> StatusMessage:
    """Return the part of a snapshot that is about the video as a whole."""
    return StatusMessage(
        type="status",
        videoId=snapshot["videoId"],
        status=snapshot["status"],
        stage=snapshot["stage"],
        position=snapshot["position"],
        machine=snapshot["machine"],
        eta=snapshot["eta"],
        speed=snapshot["speed"],
        durationSeconds=snapshot["durationSeconds"],
        playable=snapshot["playable"],
        error=snapshot["error"],
        version=snapshot["version"],
    )


def progress_of(snapshot: Snapshot, qualities: frozenset[str]) -> list[ProgressMessage]:
    """Return one message for each of these qualities."""
    return [
        ProgressMessage(
            type="progress",
            videoId=snapshot["videoId"],
            quality=rendition["quality"],
            progress=rendition["progress"],
            status=rendition["status"],
            version=snapshot["version"],
        )
        for rendition in snapshot["renditions"]
        if rendition["quality"] in qualities
    ]
