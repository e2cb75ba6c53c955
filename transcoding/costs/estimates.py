"""What it will cost to transcode a video, before it is done."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from transcoding.costs import experience, prices
from transcoding.costs.experience import Experience
from transcoding.costs.money import cost_of
from transcoding.costs.paid import FARGATE_LEAST_SECONDS, Due
from transcoding.costs.work import megapixels
from transcoding.ecs.request import capacity_providers
from transcoding.models import Job
from uploads.models import Video


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What one attempt that succeeds will come to. `basis` says in half a sentence how that is known."""

    amount: Decimal
    currency: str
    vcpu_seconds: float
    basis: str


def estimate_of(video: Video) -> Estimate | None:
    """Return what it will cost to transcode a video by the launcher of the settings; None where that has no price."""
    return estimates_of([video])[video.pk]


def estimates_of(videos: Collection[Video]) -> dict[UUID, Estimate | None]:
    """Return what it will cost to transcode each of these videos.

    Two queries: what the site has learned, and what transcoders once found out about these videos.
    """
    learned = experience.of_site()
    probed = Job.objects.filter(video__in=videos, duration_seconds__gt=0).exclude(source_info={}).order_by("number")
    # The last one of a video counts.
    sources = dict(probed.values_list("video_id", "source_info"))
    return {video.pk: _estimate(video, sources.get(video.pk), learned) for video in videos}


def _estimate(video: Video, source: Mapping[str, Any] | None, learned: Experience) -> Estimate | None:
    if source is not None:
        cpu_seconds = megapixels(source, ladder=settings.LADDER) * learned.cpu_seconds_per_megapixel
    else:
        cpu_seconds = video.size_bytes * learned.cpu_seconds_per_byte
    due = _of_task(cpu_seconds, learned) if _goes_to_ecs(video) else Due(cpu_seconds, prices.of_celery())
    if due.vcpu_hour is None:
        return None
    return Estimate(
        amount=cost_of(due.vcpu_seconds, vcpu_hour=due.vcpu_hour),
        currency=settings.PRICE_CURRENCY,
        vcpu_seconds=due.vcpu_seconds,
        basis=_basis(learned, is_probed=source is not None),
    )


def _goes_to_ecs(video: Video) -> bool:
    return settings.LAUNCHER == "ecs" and video.size_bytes > settings.ECS_CELERY_MAX_BYTES


def _of_task(cpu_seconds: float, learned: Experience) -> Due:
    """Return what a task of the usual size comes to, with the dearest of the providers that may have it."""
    listed = capacity_providers(settings.ECS_CAPACITY_PROVIDERS)
    # One without weight is named, but gets no task.
    providers = [one["capacityProvider"] for one in listed if one.get("weight")] or [settings.ECS_LAUNCH_TYPE]
    machines = [replace(learned.machine, provider=provider) for provider in providers]
    machine = max(machines, key=lambda one: prices.of_task(one) or 0)
    seconds = learned.start_seconds + cpu_seconds / learned.busy_share / machine.vcpus
    if machine.is_fargate:
        seconds = max(seconds, FARGATE_LEAST_SECONDS)
    return Due(seconds * machine.vcpus, prices.of_task(machine))


def _basis(learned: Experience, *, is_probed: bool) -> str:
    """Say how well an estimate is founded.

    A size alone is worth little: the same megabyte holds a second of one film and ten of another.
    """
    by_size = "" if is_probed else ", by the size of the file alone"
    if not learned.videos:
        return f"from figures measured elsewhere, as no video is finished here yet{by_size}"
    return f"from {learned.videos} finished video{'s' if learned.videos > 1 else ''}{by_size}"
