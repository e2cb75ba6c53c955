"""A Job turns one Video into Renditions, in one Attempt or more."""

from transcoding.models.attempts import INTERRUPTED, START_FAILED, Attempt
from transcoding.models.jobs import Job, JobEvent
from transcoding.models.renditions import Chunk, Rendition, Segment

__all__ = [
    "INTERRUPTED",
    "START_FAILED",
    "Attempt",
    "Chunk",
    "Job",
    "JobEvent",
    "Rendition",
    "Segment",
]
