"""A task as ECS tells of it: DescribeTasks and EventBridge use the same names."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from transcoding.machines import STOPPED

LIFECYCLE = (
    "PROVISIONING", "PENDING", "ACTIVATING", "RUNNING", "DEACTIVATING", "STOPPING", "DEPROVISIONING", STOPPED,
)  # fmt: skip
LONGEST_STATUS = 20
LONGEST_PROVIDER = 255
NAME = re.compile("[!-~]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSeen:
    """What is known of a task at one moment. `version` grows with every change; 0 where it was not told."""

    arn: str
    status: str
    version: int = 0
    stopping: bool = False
    stop_code: str = ""
    stopped_reason: str = ""
    exit_code: int | None = None
    container_reason: str = ""
    cpu: int = 0
    memory_mib: int = 0
    provider: str = ""
    architecture: str = ""
    created_at: datetime | None = None
    pull_started_at: datetime | None = None
    stopped_at: datetime | None = None

    @property
    def facts(self) -> dict[str, object]:
        """What an attempt keeps of its task beside its state: all that was told, and the size only as a whole."""
        told: dict[str, object] = {
            "machine_provider": self.provider,
            "machine_architecture": self.architecture,
            "machine_created_at": self.created_at,
            "machine_pull_started_at": self.pull_started_at,
            "machine_stopped_at": self.stopped_at,
        }
        if self.cpu and self.memory_mib:
            told |= {"machine_cpu": self.cpu, "machine_memory_mib": self.memory_mib}
        return {name: fact for name, fact in told.items() if fact}

    @property
    def is_later_than(self) -> Q:
        """What must be known of an attempt's machine for this to be news."""
        if self.version:
            return Q(machine_version__lt=self.version)
        before = LIFECYCLE.index(self.status) if self.status in LIFECYCLE else 0
        return Q(machine_status__in=["", *LIFECYCLE[:before]], machine_version=0)

    @property
    def id(self) -> str:
        """The last part of the ARN, as consoles show it."""
        return self.arn.rpartition("/")[2]


def read_task(task: object, *, container: str) -> TaskSeen | None:
    """Read a task, with the fate of the container that transcodes; None for what is none."""
    if not isinstance(task, dict):
        return None
    arn, status = task.get("taskArn"), task.get("lastStatus")
    if not isinstance(arn, str) or not NAME.fullmatch(arn):
        return None
    if not isinstance(status, str) or not NAME.fullmatch(status) or len(status) > LONGEST_STATUS:
        return None
    # Others, such as a guard of the platform, may run beside it.
    own = _named(task.get("containers"), container)
    exit_code = own.get("exitCode")
    return TaskSeen(
        arn=arn,
        status=status,
        version=_number(task.get("version")),
        stopping=task.get("desiredStatus") == STOPPED,
        stop_code=_text(task.get("stopCode")),
        stopped_reason=_text(task.get("stoppedReason")),
        exit_code=exit_code if isinstance(exit_code, int) else None,
        container_reason=_text(own.get("reason")),
        cpu=_number(task.get("cpu")),
        memory_mib=_number(task.get("memory")),
        provider=_text(task.get("capacityProviderName") or task.get("launchType"))[:LONGEST_PROVIDER],
        architecture=_architecture(task.get("attributes")),
        created_at=_moment(task.get("createdAt")),
        pull_started_at=_moment(task.get("pullStartedAt")),
        stopped_at=_moment(task.get("stoppedAt")),
    )


def _architecture(attributes: object) -> str:
    """Return X86_64 or ARM64, as task definitions have it; attributes are in small letters."""
    return _text(_named(attributes, "ecs.cpu-architecture").get("value")).upper()[:LONGEST_STATUS]


def _named(listed: object, name: str) -> dict[str, object]:
    things = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return next((one for one in things if one.get("name") == name), {})


def _moment(value: object) -> datetime | None:
    """Return a moment in UTC: the SDK has read it already, an event has it as ISO 8601."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> str:
    """Return a text of a line; JSON can hold characters that no database takes."""
    return "".join(letter if letter.isprintable() else " " for letter in value) if isinstance(value, str) else ""


def _number(value: object) -> int:
    """Return a whole number that a database takes; ECS writes cpu and memory as text."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < len(str(2**31)):
        return int(value)
    return value if isinstance(value, int) and 0 < value < 2**63 else 0
