"""Rows of videos of two hours that have been transcoded; of their files there is none."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import transaction

from transcoding.models import Attempt, Job, Rendition, Segment
from transcoding.states import AttemptStatus, JobStatus, RenditionStatus
from uploads.keys import source_key
from uploads.models import UploadStatus, Video

SEGMENTS = 1800
SEGMENT_SECONDS = 4
QUALITY = "720p"


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """A video of two hours, and where the files of its one quality would be."""

    video_id: UUID
    prefix: str


@transaction.atomic
def make_films(count: int) -> list[Film]:
    """Make so many, all of the one person whom the site knows."""
    owner = User.objects.get()
    return [_film(owner) for _ in range(count)]


def _film(owner: User) -> Film:
    video_id = uuid4()
    video = Video.objects.create(
        id=video_id,
        owner=owner,
        title="Two hours",
        file_name="film.mp4",
        content_type="video/mp4",
        size_bytes=4 * 10**9,
        source_key=source_key(video_id),
        upload_status=UploadStatus.UPLOADED,
    )
    seconds = SEGMENTS * SEGMENT_SECONDS
    job = Job.objects.create(video=video, status=JobStatus.SUCCEEDED, duration_seconds=seconds)
    attempt = Attempt.objects.create(job=job, number=1, launcher="celery", status=AttemptStatus.SUCCEEDED)
    rendition = Rendition.objects.create(
        job=attempt.job,
        quality=QUALITY,
        width=1280,
        height=720,
        codecs="avc1.64001f",
        status=RenditionStatus.READY,
        percent=100,
    )
    Segment.objects.bulk_create(
        Segment(rendition=rendition, number=number, duration_seconds=SEGMENT_SECONDS, size_bytes=10**6)
        for number in range(SEGMENTS)
    )
    return Film(video_id=video_id, prefix=f"{attempt.job.output_prefix}{QUALITY}/")
