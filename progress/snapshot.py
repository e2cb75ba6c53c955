"""The whole truth about one video, as its watchers see it."""

from collections.abc import Collection
from math import ceil

from django.utils import timezone

from progress.messages import ErrorFact, MachineFact, RenditionFact, Snapshot
from transcoding.machine_state import machine_state
from transcoding.models import Job
from transcoding.queries import VideoState, states_of
from transcoding.states import JobStatus
from uploads.arrivals import REJECTIONS
from uploads.models import UploadStatus, Video

COMPLETED = "COMPLETED"
LEAST_SPEED = 0.001
"""Slower is standing still, and an estimate made of it no number that a person or a message can hold."""


def snapshot_of(video: Video) -> Snapshot:
    """Return the snapshot message of a video."""
    return snapshots_of([video])[0]


def snapshots_of(videos: Collection[Video]) -> list[Snapshot]:
    """Return the snapshot messages of videos, in as many queries for a page of them as for one."""
    states = states_of(videos)
    return [snapshot_from(video, states[video.pk]) for video in videos]


def snapshot_from(video: Video, state: VideoState) -> Snapshot:
    """Return the snapshot message of a video in this state."""
    job = state.job
    if job is None:
        return _before_any_job(video)
    error: ErrorFact | None = None
    if job.status == JobStatus.FAILED:
        error = {"code": job.error_code, "message": job.error_message}
    return {
        "type": "snapshot",
        "videoId": str(video.pk),
        "status": COMPLETED if job.status == JobStatus.SUCCEEDED else job.status,
        "stage": job.stage,
        "position": state.position,
        "machine": _machine(state),
        "eta": eta_seconds(job),
        "speed": round(job.speed, 2) if job.speed else None,
        "durationSeconds": job.duration_seconds,
        "playable": state.to_play is not None,
        "error": error,
        "version": job.version,
        "renditions": [
            RenditionFact(
                quality=r.quality,
                kind=r.kind,
                width=r.width,
                height=r.height,
                progress=r.percent,
                status=r.status,
            )
            for r in state.renditions
        ],
    }


def eta_seconds(job: Job) -> int | None:
    """Return how long the encoding will still take at the speed it has, in whole seconds, or None."""
    speed = job.speed or 0.0
    if job.status != JobStatus.RUNNING or speed < LEAST_SPEED or not job.duration_seconds:
        return None
    return ceil(max(0.0, job.duration_seconds - job.encoded_seconds) / speed)


def _machine(state: VideoState) -> MachineFact | None:
    job, attempt = state.job, state.attempt
    if job is None or job.status != JobStatus.LAUNCHED or attempt is None or not (status := machine_state(attempt)):
        return None
    age = (timezone.now() - attempt.launched_at).total_seconds()
    return {"status": status, "ageSeconds": max(0, int(age))}


def _before_any_job(video: Video) -> Snapshot:
    status, error = _upload_state(video)
    return {
        "type": "snapshot",
        "videoId": str(video.pk),
        "status": status,
        "stage": "",
        "position": None,
        "machine": None,
        "eta": None,
        "speed": None,
        "durationSeconds": None,
        "playable": False,
        "error": error,
        "version": 0,
        "renditions": [],
    }


def _upload_state(video: Video) -> tuple[str, ErrorFact | None]:
    match video.upload_status:
        case UploadStatus.EXPIRED:
            message = "This upload was never finished. Delete it and start again."
            return UploadStatus.EXPIRED, {"code": "upload.expired", "message": message}
        case UploadStatus.REJECTED:
            message = REJECTIONS.get(video.rejection, "This file cannot be used.")
            return JobStatus.FAILED, {"code": video.rejection, "message": message}
        case UploadStatus.UPLOADED:
            return JobStatus.QUEUED, None
        case _:
            return UploadStatus.WAITING, None
