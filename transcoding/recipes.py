"""How the films of a job are encoded: the settings at its beginning, which all its attempts go by."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from transcoding.models import Job
from transcoding.worker.spec import LadderEntry

MAX_BITRATES = {1080: 5_000_000, 720: 2_800_000, 480: 1_400_000, 360: 800_000, 240: 400_000}
"""Peak video bits per second of a rung, by height; others follow the area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What must be the same in every chunk of a film, or they would not fit together."""

    ladder: tuple[LadderEntry, ...]
    segment_seconds: int
    preset: str


def recipe_of_settings() -> dict[str, Any]:
    """Return what a new job keeps of the settings, as JSON."""
    return {
        "ladder": [[height, max_bitrate(height)] for height in sorted(set(settings.LADDER), reverse=True)],
        "segmentSeconds": settings.SEGMENT_SECONDS,
        "preset": settings.X264_PRESET,
    }


def recipe_of(job: Job) -> Recipe:
    """Return the recipe of a job; jobs from before there were recipes go by the settings."""
    document = job.recipe or recipe_of_settings()
    return Recipe(
        ladder=tuple(
            LadderEntry(quality=f"{height}p", height=height, max_bitrate=bits) for height, bits in document["ladder"]
        ),
        segment_seconds=document["segmentSeconds"],
        preset=document["preset"],
    )


def max_bitrate(height: int) -> int:
    """Return the peak video bits per second of a rung.

    >>> max_bitrate(720), max_bitrate(540) > max_bitrate(480)
    (2800000, True)
    """
    return MAX_BITRATES.get(height) or round(MAX_BITRATES[1080] * float(height / 1080) ** 1.5)
