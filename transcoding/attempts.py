"""Run one attempt on this machine: claim it, start the transcoder program, notice how it ended."""

from typing import Any
from uuid import UUID

from django.conf import settings

from transcoding import worker_process
from transcoding.models import Attempt
from transcoding.services import attempt_end, attempt_start
from transcoding.states import AttemptStatus
from transcoding.tokens import make_token
from uploads.stores import get_store

MAX_BITRATES = {1080: 5_000_000, 720: 2_800_000, 480: 1_400_000, 360: 800_000, 240: 400_000}
"""Peak video bits per second of a rung, by height; others follow the area."""


def attempt_run(*, job_id: UUID, number: int) -> None:
    """Run an attempt to its end, if it is still to be had. The transcoder reports; only its silence is told here."""
    attempt = attempt_start(job_id=job_id, number=number)
    if attempt is None:
        return
    code = worker_process.run(job_spec(attempt))
    attempt_end(
        attempt=attempt, status=AttemptStatus.LOST, code="platform.worker-lost",
        message=f"The transcoder ended without a final report (exit status {code}).",
    )  # fmt: skip


def job_spec(attempt: Attempt) -> dict[str, Any]:
    """Return everything the transcoder program needs to know (docs/protocol.md §6)."""
    job = attempt.job
    return {
        "jobId": str(job.pk),
        "videoId": str(job.video_id),
        "attempt": attempt.number,
        "reportUrl": f"{settings.REPORT_URL}/api/jobs/{job.pk}/reports",
        "token": make_token(job.pk, attempt.number),
        "storage": get_store().worker_access(),
        "sourceKey": job.video.source_key,
        "outputPrefix": attempt.output_prefix,
        "workDir": str(settings.WORK_DIR),
        "ladder": [
            {"quality": f"{height}p", "height": height, "maxBitrate": max_bitrate(height)}
            for height in sorted(settings.LADDER, reverse=True)
        ],
        "segmentSeconds": settings.SEGMENT_SECONDS,
        "preset": settings.X264_PRESET,
        "threads": settings.FFMPEG_THREADS,
        "limits": {
            "maxDurationSeconds": settings.MAX_DURATION_SECONDS,
            "maxPixels": settings.MAX_PIXELS,
            "maxStreams": 32,
            "maxFrameRate": 240,
            "noProgressSeconds": settings.NO_PROGRESS_SECONDS,
            "wallClockSeconds": settings.WALL_CLOCK_SECONDS,
        },
    }


def max_bitrate(height: int) -> int:
    """Return the peak video bits per second of a rung.

    >>> max_bitrate(720), max_bitrate(540) > max_bitrate(480)
    (2800000, True)
    """
    return MAX_BITRATES.get(height) or round(MAX_BITRATES[1080] * float(height / 1080) ** 1.5)
