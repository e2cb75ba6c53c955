"""What the site has learned from the videos it has finished, of how much CPU others will take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from django.conf import settings
from django.db.models import Exists, OuterRef

from transcoding.costs.paid import machine_of
from transcoding.costs.prices import Machine
from transcoding.costs.work import megapixels
from transcoding.models import Attempt
from transcoding.states import AttemptStatus

LATEST = 50
"""So many attempts are looked at: enough for a median, few enough to follow a change of preset or ladder soon."""
USUAL_MACHINE = Machine(cpu=4096, memory_mib=8192, provider="FARGATE", architecture="X86_64")


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """Medians over the attempts of so many `videos`, the latest.

    Without any they are what bench/cost.py measured with the default preset and ladder. `busy_share` is the part of
    its vCPUs that an ECS task keeps busy, `start_seconds` for how long it is paid while no transcoder runs in it,
    `machine` is the latest one; before there was one they are those of docs/deploy-aws.md.
    """

    videos: int
    cpu_seconds_per_megapixel: float
    cpu_seconds_per_byte: float
    busy_share: float
    start_seconds: float
    machine: Machine


def of_site() -> Experience:
    """Return what the latest attempts that succeeded have taught, in one query."""
    others = Attempt.objects.filter(job=OuterRef("job"), got_on=True).exclude(pk=OuterRef("pk"))
    # One that went on where another was lost has done a part of the work only.
    alone = Attempt.objects.exclude(Exists(others))
    succeeded = alone.filter(status=AttemptStatus.SUCCEEDED, cpu_seconds__gt=0)
    known = succeeded.filter(job__duration_seconds__gt=0, job__video__size_bytes__gt=0).exclude(job__source_info={})
    return of_attempts(known.select_related("job__video").defer("log_tail").order_by("-pk")[:LATEST])


def of_attempts(attempts: Iterable[Attempt]) -> Experience:
    """Return what attempts that succeeded have taught, the latest first."""
    known = list(attempts)
    tasks = [one for one in known if one.launcher == "ecs" and one.vcpu_seconds and one.wall_seconds]
    return Experience(
        videos=len({one.job.video_id for one in known}),
        cpu_seconds_per_megapixel=_median([one.cpu_seconds / _work(one) for one in known], or_else=0.0133),
        cpu_seconds_per_byte=_median([one.cpu_seconds / one.job.video.size_bytes for one in known], or_else=1.6e-6),
        busy_share=_median([_busy_share(one) for one in tasks], or_else=0.9),
        start_seconds=_median([_start_seconds(one) for one in tasks], or_else=60.0),
        machine=machine_of(tasks[0]) if tasks else USUAL_MACHINE,
    )


def _median(figures: Sequence[float], *, or_else: float) -> float:
    return median(figures) if figures else or_else


def _work(attempt: Attempt) -> float:
    return megapixels(attempt.job.source_info, ladder=settings.LADDER)


def _busy_share(attempt: Attempt) -> float:
    return attempt.cpu_seconds / machine_of(attempt).vcpus / (attempt.wall_seconds or 0)


def _start_seconds(attempt: Attempt) -> float:
    return max(0.0, attempt.vcpu_seconds / machine_of(attempt).vcpus - (attempt.wall_seconds or 0))
