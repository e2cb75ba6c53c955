"""The states of a job, an attempt and a rendition, and which may follow which."""

from typing import TypeVar

from django.db import models


class JobStatus(models.TextChoices):
    """Where a job is.

    QUEUED ──► LAUNCHED ──► RUNNING ──► SUCCEEDED
      ▲           │            │
      └───────────┴────────────┘   an attempt was lost or failed by our fault: another starts
    From every live state also ──► FAILED · CANCELLED.
    """

    QUEUED = "QUEUED"
    LAUNCHED = "LAUNCHED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class AttemptStatus(models.TextChoices):
    """LAUNCHED ──► RUNNING ──► SUCCEEDED · FAILED · LOST · CANCELLED (the last three also from LAUNCHED)."""

    LAUNCHED = "LAUNCHED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


class RenditionStatus(models.TextChoices):
    """PENDING ──► ENCODING ──► READY · FAILED."""

    PENDING = "PENDING"
    ENCODING = "ENCODING"
    READY = "READY"
    FAILED = "FAILED"


class RenditionKind(models.TextChoices):
    VIDEO = "video"
    AUDIO = "audio"


class Stage(models.TextChoices):
    """What a running transcoder is doing."""

    DOWNLOADING = "DOWNLOADING"
    PROBING = "PROBING"
    ENCODING = "ENCODING"
    FINISHING = "FINISHING"


LIVE_JOB = frozenset({JobStatus.QUEUED, JobStatus.LAUNCHED, JobStatus.RUNNING})
WAITING_JOB = frozenset({JobStatus.QUEUED, JobStatus.LAUNCHED})
LIVE_ATTEMPT = frozenset({AttemptStatus.LAUNCHED, AttemptStatus.RUNNING})

_JOB_ENDS = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})
JOB_MAY_FOLLOW: dict[JobStatus, frozenset[JobStatus]] = {
    JobStatus.QUEUED: _JOB_ENDS | {JobStatus.LAUNCHED},
    JobStatus.LAUNCHED: _JOB_ENDS | {JobStatus.RUNNING, JobStatus.QUEUED},
    JobStatus.RUNNING: _JOB_ENDS | {JobStatus.SUCCEEDED, JobStatus.QUEUED},
    JobStatus.SUCCEEDED: frozenset(),
    JobStatus.FAILED: frozenset(),
    JobStatus.CANCELLED: frozenset(),
}
_ATTEMPT_ENDS = frozenset({AttemptStatus.FAILED, AttemptStatus.LOST, AttemptStatus.CANCELLED})
ATTEMPT_MAY_FOLLOW: dict[AttemptStatus, frozenset[AttemptStatus]] = {
    AttemptStatus.LAUNCHED: _ATTEMPT_ENDS | {AttemptStatus.RUNNING},
    AttemptStatus.RUNNING: _ATTEMPT_ENDS | {AttemptStatus.SUCCEEDED},
    AttemptStatus.SUCCEEDED: frozenset(),
    AttemptStatus.FAILED: frozenset(),
    AttemptStatus.LOST: frozenset(),
    AttemptStatus.CANCELLED: frozenset(),
}

State = TypeVar("State", bound=models.TextChoices)


def that_may_become(table: dict[State, frozenset[State]], to: State) -> list[State]:
    """Return the states from which `to` may be reached.

    >>> [s.value for s in that_may_become(JOB_MAY_FOLLOW, JobStatus.LAUNCHED)]
    ['QUEUED']
    """
    return [state for state, following in table.items() if to in following]
