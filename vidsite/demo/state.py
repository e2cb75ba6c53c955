"""What is known of one video, kept up to date from the messages of docs/protocol.md, section 4."""

import time
from dataclasses import dataclass, field, fields
from typing import Any

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELLED", "EXPIRED"})


@dataclass
class RenditionState:
    """One quality."""

    quality: str
    kind: str = "video"
    progress: int = 0
    status: str = "PENDING"


@dataclass(frozen=True, kw_only=True)
class MachineState:
    """The machine that is being started for the video."""

    status: str
    asked_for_at: float
    """When it was, by this machine's time.monotonic()."""

    @property
    def age(self) -> int:
        """For how many seconds it has been starting."""
        return int(time.monotonic() - self.asked_for_at)


@dataclass
class VideoState:
    """One video; `apply` takes every message about it."""

    status: str = "WAITING"
    stage: str | None = None
    machine: MachineState | None = None
    position: int | None = None
    eta: int | None = None
    speed: float | None = None
    durationSeconds: float | None = None
    playable: bool = False
    error: dict[str, str] | None = None
    version: int = -1
    renditions: dict[str, RenditionState] = field(default_factory=dict)

    @property
    def final(self) -> bool:
        """Say whether nothing more will happen."""
        return self.status in FINAL

    def apply(self, message: dict[str, Any]) -> bool:
        """Take a message over, unless it is older than what is known; say whether it was taken."""
        kind = message["type"]
        if kind not in {"snapshot", "progress", "status"} or message["version"] < self.version:
            return False
        self.version = message["version"]
        if kind == "progress":
            rendition = self.renditions.setdefault(message["quality"], RenditionState(message["quality"]))
            rendition.progress, rendition.status = message["progress"], message["status"]
            return True
        for each in fields(self):
            if each.name not in {"renditions", "machine"} and each.name in message:
                setattr(self, each.name, message[each.name])
        self.machine = _machine(message.get("machine"))
        if kind == "snapshot":
            self.renditions = {
                one["quality"]: RenditionState(one["quality"], one["kind"], one["progress"], one["status"])
                for one in message["renditions"]
            }
        return True


def _machine(told: dict[str, Any] | None) -> MachineState | None:
    return MachineState(status=told["status"], asked_for_at=time.monotonic() - told["ageSeconds"]) if told else None
