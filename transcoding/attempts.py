"""Run one attempt on this machine: claim it, start the transcoder program, notice how it ended."""

from uuid import UUID

from django.conf import settings

from transcoding import worker_process
from transcoding.models import Attempt, Job
from transcoding.recipes import recipe_of
from transcoding.services import attempt_end, attempt_start
from transcoding.states import AttemptStatus, RenditionStatus
from transcoding.tokens import make_token
from transcoding.worker.fields import Fields
from transcoding.worker.frame_rate import MAX_FRAME_RATE
from transcoding.worker.spec import MADE_POSTER, JobSpec, Limits
from transcoding.worker.storage_spec import SourceObject, read_storage
from uploads.stores import get_store

MAX_STREAMS = 32
"""Real films have a handful; every stream of a hostile file costs memory before anything is decoded."""


def attempt_run(*, job_id: UUID, number: int) -> None:
    """Run an attempt to its end, if it is still to be had. The transcoder reports; only its silence is told here."""
    attempt = attempt_start(job_id=job_id, number=number)
    if attempt is None:
        return
    code = worker_process.run(job_spec(attempt, made=made_by_others(attempt.job)).to_json())
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost",
        message=f"The transcoder ended without a final report (exit status {code}).",
    )  # fmt: skip


def attempt_claim(*, job_id: UUID, number: int, claimant: str) -> JobSpec | None:
    """Claim an attempt for a transcoder that asks for its specification; None when it is not to be had.

    `claimant` names the process that asks: the answer may be lost, and the same one then gets it again. An attempt
    that was given to Celery meanwhile is for nobody who asks here.
    """
    mine = Attempt.objects.claim(job_id, number, claimant=claimant)
    if mine is None:
        return None
    attempt = attempt_start(job_id=job_id, number=number)
    if attempt is None and mine.status == AttemptStatus.RUNNING:
        attempt = mine
    return job_spec(attempt, made=made_by_others(attempt.job)) if attempt else None


def job_spec(attempt: Attempt, *, made: tuple[str, ...] = ()) -> JobSpec:
    """Return everything the transcoder program needs to know (docs/protocol.md §6); `made` need not be made again."""
    job, recipe = attempt.job, recipe_of(attempt.job)
    return JobSpec(
        job_id=str(job.pk),
        video_id=str(job.video_id),
        attempt=attempt.number,
        report_url=f"{settings.REPORT_URL}/api/jobs/{job.pk}/reports",
        chunks_url=f"{settings.REPORT_URL}/api/jobs/{job.pk}/chunks",
        token=make_token(job.pk, attempt.number),
        storage=read_storage(Fields(get_store().worker_access(), "storage")),
        source=SourceObject(key=job.video.source_key, etag=job.video.source_etag, version=job.video.source_version),
        output_prefix=job.output_prefix,
        work_dir=str(settings.WORK_DIR),
        ladder=recipe.ladder,
        segment_seconds=recipe.segment_seconds,
        preset=recipe.preset,
        threads=settings.FFMPEG_THREADS,
        made=made,
        limits=Limits(
            max_duration_seconds=settings.MAX_DURATION_SECONDS,
            max_pixels=settings.MAX_PIXELS,
            max_streams=MAX_STREAMS,
            max_frame_rate=MAX_FRAME_RATE,
            no_progress_seconds=settings.NO_PROGRESS_SECONDS,
            wall_clock_seconds=settings.WALL_CLOCK_SECONDS,
        ),
    )


def made_by_others(job: Job) -> tuple[str, ...]:
    """Return what attempts before have made whole: qualities, and the poster."""
    qualities = job.renditions.filter(status=RenditionStatus.READY).order_by("rank").values_list("quality", flat=True)
    return (*qualities, *([MADE_POSTER] if job.poster else []))
