"""Everything that changes a Job or an Attempt, but for reports (see transcoding.reports)."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from transcoding import costs
from transcoding.hints import send_hint
from transcoding.launching import attempt_launch, launcher_of_next
from transcoding.models import Attempt, Job, JobEvent, Segment
from transcoding.recipes import recipe_of_settings
from transcoding.signals import announce
from transcoding.states import AttemptStatus, JobStatus, RenditionStatus
from uploads import services as uploads
from uploads.errors import UserError
from uploads.models import UploadStatus, Video

RETRY_DELAY_SECONDS = 10
OTHER_ENCODER = "platform.other-encoder"
MOST_ATTEMPTS = 100
"""Of one job, however far each of them got: a machine is paid for every one."""
GAVE_UP = "This could not be finished because of a fault on our side, not in your file. Please try again later."


def job_create(*, video: Video, reason: str) -> Job:
    """Queue a job for a video and launch it after commit. One live job per video: the database refuses a second."""
    newest = Job.objects.newest_of(video)
    job = Job.objects.create(
        video=video,
        number=newest.number + 1 if newest else 1,
        version=newest.version + 1 if newest else 1,
        recipe=recipe_of_settings(),
    )
    JobEvent.objects.create(job=job, new=JobStatus.QUEUED, reason=reason)
    announce(job_id=job.pk, video_id=video.pk, status_changed=True)
    # A process that dies before this runs leaves a QUEUED row, which the sweep launches.
    transaction.on_commit(lambda: job_launch(job_id=job.pk), robust=True)
    return job


def job_launch(*, job_id: UUID) -> None:
    """Start the next attempt of a queued job; only the first caller does."""
    with transaction.atomic():
        if not Job.objects.advance(job_id, to=JobStatus.LAUNCHED, stage="", reason="launched"):
            return
        job = Job.objects.get(pk=job_id)
        launcher, note = launcher_of_next(job)
        attempt = Attempt.objects.create(
            job=job, number=job.attempts.count() + 1, launcher=launcher, launch_note=note,
            launch_again_at=timezone.now() if launcher == "ecs" else None,
        )  # fmt: skip
        if note:
            Job.objects.note(job_id, note)
        announce(job_id=job_id, video_id=job.video_id, status_changed=True)
    attempt_launch(attempt)


def attempt_start(*, job_id: UUID, number: int) -> Attempt | None:
    """Claim a launched attempt for the caller, who must report within the lease; None when it is not to be had."""
    now = timezone.now()
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        attempt = Attempt.objects.filter(job_id=job_id, number=number).first()
        if (
            job is None
            or attempt is None
            or not Attempt.objects.advance(
                attempt.pk,
                to=AttemptStatus.RUNNING,
                started_at=now,
                heartbeat_at=now,
                lease_until=lease_from_now(),
            )
        ):
            return None
        Job.objects.advance(
            job_id, to=JobStatus.RUNNING, started_at=job.started_at or now, stage="", speed=None,
            reason=f"attempt {number} started",
        )  # fmt: skip
        announce(job_id=job_id, video_id=job.video_id, status_changed=True)
        attempt.refresh_from_db()
        return attempt


def attempt_end(
    *,
    attempt: Attempt,
    status: AttemptStatus,
    code: str,
    message: str,
    log_tail: str = "",
    delay_seconds: float = 0,
    silent_since: datetime | None = None,
    is_final: bool = False,
) -> bool:
    """End an attempt that did not finish by our fault, and queue the job again, or fail it after the last try.

    What the attempt has made stays, and the next one goes on from there. Tries are those since one that got on; a
    transcoder that was told to stop, as by a deploy, is none, and neither is a machine that never began.

    `status` is LOST or FAILED; the next attempt starts `delay_seconds` from now. `silent_since`: only if it has not
    reported after that moment. `is_final`: no other attempt would fare better. True for the caller that won.
    """
    now = timezone.now()
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        if silent_since is not None and not Attempt.objects.lease_expired(silent_since).filter(pk=attempt.pk).exists():
            return False
        if not _close(attempt, status, f"{code}: {message}", log_tail):
            return False
        if is_final or _was_tried_enough(job):
            _fail(job, code, GAVE_UP, reason=f"attempt {attempt.number}: {code}: {message}")
            return True
        if job.renditions.filter(init_digest="", segments__isnull=False).exists():
            # A transcoder from before chunks: it deletes what it made, whatever becomes of the job.
            _begin_elsewhere(job, attempt)
        Job.objects.advance(
            job.pk, to=JobStatus.QUEUED, launch_after=now + timedelta(seconds=delay_seconds), stage="",
            speed=None, reason=f"attempt {attempt.number} {status.lower()}: {code}: {message}"[:500],
        )  # fmt: skip
        announce(job_id=job.pk, video_id=job.video_id, status_changed=True)
        if delay_seconds <= 0:
            transaction.on_commit(lambda: job_launch(job_id=job.pk), robust=True)
        return True


def job_begin_anew(*, attempt: Attempt) -> None:
    """End an attempt whose encoder is another than that of those before it, as after an update, and forget them all.

    What two encoders made does not play as one. The next attempt writes elsewhere: caches keep what they have.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        ended = attempt_end(
            attempt=attempt, status=AttemptStatus.FAILED, code=OTHER_ENCODER,
            message="It encodes otherwise than the attempt before it; the job begins anew.",
        )  # fmt: skip
        if ended:
            _begin_elsewhere(job, attempt)


def job_reject(*, attempt: Attempt, code: str, message: str, log_tail: str = "") -> bool:
    """Fail a job because of its source: it is never tried again. True for the caller that won."""
    with transaction.atomic():
        # Rows are locked in one order everywhere: video, job, attempt.
        Video.objects.select_for_update().get(pk=attempt.job.video_id)
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        if not _close(attempt, AttemptStatus.FAILED, f"{code}: {message}", log_tail):
            return False
        _fail(job, code, message, reason=f"{code}: {message}")
        uploads.video_reject(video_id=job.video_id)
        return True


def job_cancel(*, job_id: UUID, by: str) -> bool:
    """Stop a live job. True for the caller that won.

    Its transcoder learns of it by the answer to its next report; its ECS task is stopped too.
    """
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if not Job.objects.advance(
            job_id,
            to=JobStatus.CANCELLED,
            reason=f"cancelled by {by}",
            ended_at=timezone.now(),
            stage="",
            speed=None,
        ):
            return False
        for attempt in job.attempts.filter(pk__in=Attempt.objects.live().values("pk")):
            _close(attempt, AttemptStatus.CANCELLED, f"cancelled by {by}")
        _discard(job)
        announce(job_id=job_id, video_id=job.video_id, status_changed=True)
        return True


def job_retry(*, job_id: UUID, by: str) -> Job:
    """Start a new job for the video of one that failed or was cancelled. Raises UserError when it cannot be."""
    with transaction.atomic():
        # Of the join only the video: the job's row is locked after it everywhere else.
        video = Video.objects.select_for_update(of=("self",)).get(jobs=job_id)
        newest = Job.objects.newest_of(video)
        if newest is None or newest.status not in {JobStatus.FAILED, JobStatus.CANCELLED}:
            raise UserError("job.not-over", "Only a job that failed or was cancelled can be tried again.", status=409)
        if video.deleted_at is not None or not _source_is_there(video):
            raise UserError("job.no-source", "The source of this video is no longer there.", status=409)
        uploads.video_reconsider(video_id=video.pk)
        return job_create(video=video, reason=f"retried by {by}")


def video_delete(*, video: Video, by: str) -> None:
    """Delete a video: its job stops, every file goes."""
    with transaction.atomic():
        # Whoever makes a job holds the video's row: none can appear once we have looked.
        Video.objects.select_for_update().filter(pk=video.pk).first()
        for job_id in Job.objects.live().filter(video=video).values_list("pk", flat=True):
            job_cancel(job_id=job_id, by=by)
        uploads.video_delete(video=video)


def lease_from_now() -> datetime:
    """Return until when an attempt that has just reported is believed to be alive."""
    return timezone.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _close(attempt: Attempt, status: AttemptStatus, reason: str, log_tail: str = "") -> bool:
    """End an attempt without success."""
    won = Attempt.objects.advance(
        attempt.pk, to=status, ended_at=timezone.now(), end_reason=reason[:500], log_tail=log_tail
    )
    if won:
        costs.record(attempt.pk)
        if attempt.launcher == "ecs" and status in {AttemptStatus.LOST, AttemptStatus.CANCELLED}:
            # One that has failed said so itself, and ends on its own.
            transaction.on_commit(lambda: send_hint("stop_machine", attempt_id=attempt.pk), robust=True)
    return won


def _fail(job: Job, code: str, message: str, *, reason: str) -> None:
    Job.objects.advance(
        job.pk, to=JobStatus.FAILED, reason=reason[:500], ended_at=timezone.now(), stage="", speed=None,
        error_code=code[:60], error_message=message[:500],
    )  # fmt: skip
    _discard(job)
    announce(job_id=job.pk, video_id=job.video_id, status_changed=True)


def _was_tried_enough(job: Job) -> bool:
    return (
        Attempt.objects.that_failed(job).count() >= settings.JOB_MAX_ATTEMPTS or job.attempts.count() >= MOST_ATTEMPTS
    )


def _begin_elsewhere(job: Job, attempt: Attempt) -> None:
    job.renditions.all().delete()
    Job.objects.filter(pk=job.pk).update(
        prefix=f"{job.files_prefix}{attempt.number}/", encoded_seconds=0, segment_count=None, poster=None,
        storyboard=None,
    )  # fmt: skip


def _discard(job: Job) -> None:
    """Forget what a job made that came to nothing: it can no longer be watched, and the sweep removes its files."""
    Segment.objects.filter(rendition__job=job).delete()
    job.renditions.update(status=RenditionStatus.FAILED)


def _source_is_there(video: Video) -> bool:
    return video.upload_status in {UploadStatus.UPLOADED, UploadStatus.REJECTED} and bool(video.source_etag)
