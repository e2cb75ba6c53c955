"""Reads that join: what is playing, what waits, what a job has made."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from transcoding.models import Attempt, Job, Rendition, Segment
from transcoding.playlists import peak_bit_rate
from transcoding.states import WAITING_JOB, JobStatus, RenditionKind, RenditionStatus
from uploads.models import Video


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoState:
    """How far a video is: its newest job, that job's newest attempt, what they make, and what a player may have."""

    job: Job | None
    attempt: Attempt | None
    renditions: Sequence[Rendition]
    position: int | None
    to_play: Job | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the segments of a rendition say of it so far."""

    segments: int
    seconds: float
    size_bytes: int
    peak_bits_per_second: float

    @property
    def average_bits_per_second(self) -> float:
        return self.size_bytes * 8 / self.seconds if self.seconds else 0.0


def renditions_of(job: Job) -> list[Rendition]:
    """Return the renditions of a job, best first."""
    return list(job.renditions.order_by("rank"))


def states_of(videos: Collection[Video]) -> dict[UUID, VideoState]:
    """Return the state of each video by its id, in as many queries for a page of them as for one."""
    jobs: dict[UUID, list[Job]] = defaultdict(list)
    by_id = {video.pk: video for video in videos}
    for job in Job.objects.filter(video__in=videos).order_by("-number"):
        job.video = by_id[job.video_id]
        jobs[job.video_id].append(job)
    all_jobs = [job for of_video in jobs.values() for job in of_video]
    attempts = _newest_attempts([of_video[0] for of_video in jobs.values()])
    renditions: dict[UUID, list[Rendition]] = defaultdict(list)
    for rendition in Rendition.objects.filter(job__in=all_jobs).order_by("rank"):
        renditions[rendition.job_id].append(rendition)
    first_segments = Segment.objects.filter(number=0, rendition__job__in=all_jobs)
    begun = frozenset(first_segments.values_list("rendition_id", flat=True))
    positions = _positions([of_video[0] for of_video in jobs.values()])
    states = {}
    for video in videos:
        of_video = jobs[video.pk]
        newest = of_video[0] if of_video else None
        # The newest job that succeeded, else the newest of which there is enough.
        by_merit = sorted(of_video, key=lambda job: job.status != JobStatus.SUCCEEDED)
        states[video.pk] = VideoState(
            job=newest,
            attempt=attempts.get(newest.pk) if newest else None,
            renditions=renditions[newest.pk] if newest else [],
            position=positions.get(newest.pk) if newest else None,
            to_play=next((job for job in by_merit if _is_playable(renditions[job.pk], begun)), None),
        )
    return states


def jobs_in_line() -> QuerySet[Job]:
    """Return the jobs that wait for a free Celery worker, and so for one another.

    With ECS each job gets a machine of its own. One that is still queued there has no place anywhere: whether Celery
    will have it is not known before its launch.
    """
    on_ecs = Attempt.objects.live().filter(job=OuterRef("pk"), launcher="ecs")
    waiting = Job.objects.waiting().exclude(Exists(on_ecs))
    return waiting.filter(status=JobStatus.LAUNCHED) if settings.LAUNCHER == "ecs" else waiting


def job_to_play(video: Video) -> Job | None:
    """Return the job whose renditions a player is given, or None."""
    return states_of([video])[video.pk].to_play


def _newest_attempts(jobs: Collection[Job]) -> dict[UUID, Attempt]:
    by_id = {job.pk: job for job in jobs}
    newest = {}
    for attempt in Attempt.objects.filter(job__in=by_id).defer("log_tail").order_by("number"):
        attempt.job = by_id[attempt.job_id]
        newest[attempt.job_id] = attempt
    return newest


def _is_playable(renditions: Sequence[Rendition], begun: Collection[int]) -> bool:
    """Whether there are a picture and, where there is sound, the sound to begin with."""
    going_on = [rendition for rendition in renditions if rendition.status != RenditionStatus.FAILED]
    pictures = [rendition.pk for rendition in going_on if rendition.kind == RenditionKind.VIDEO]
    sounds = [rendition.pk for rendition in going_on if rendition.kind == RenditionKind.AUDIO]
    return any(pk in begun for pk in pictures) and all(pk in begun for pk in sounds)


def _positions(jobs: Collection[Job]) -> dict[UUID, int]:
    """Return the place in the queue of each job that is in it; 1 is next."""
    waiting = [job for job in jobs if job.status in WAITING_JOB]
    if not waiting:
        return {}
    last = max(job.created_at for job in waiting)
    line = dict(jobs_in_line().filter(created_at__lte=last).values_list("pk", "created_at"))
    arrivals = sorted(line.values())
    return {job.pk: bisect_left(arrivals, job.created_at) + 1 for job in waiting if job.pk in line}


def measured(renditions: QuerySet[Rendition], *, target_seconds: int) -> dict[int, Measured]:
    """Return what each rendition's segments measure, by rendition id; `target_seconds` is how long most are."""
    segments: dict[int, list[tuple[int, float]]] = defaultdict(list)
    rows = Segment.objects.filter(rendition__in=renditions).order_by("rendition_id", "number")
    for rendition_id, size_bytes, seconds in rows.values_list("rendition_id", "size_bytes", "duration_seconds"):
        segments[rendition_id].append((size_bytes, seconds))
    return {rendition.pk: _measured(segments[rendition.pk], target_seconds=target_seconds) for rendition in renditions}


def _measured(segments: Sequence[tuple[int, float]], *, target_seconds: int) -> Measured:
    return Measured(
        segments=len(segments),
        seconds=sum(seconds for _, seconds in segments),
        size_bytes=sum(size_bytes for size_bytes, _ in segments),
        peak_bits_per_second=peak_bit_rate(segments, target_seconds=target_seconds),
    )
