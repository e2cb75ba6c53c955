"""What watchers are told when transcoding has news."""

from uuid import UUID

from django.dispatch import receiver

from progress.messages import progress_of, status_of
from progress.models import Connection
from progress.push import push
from progress.snapshot import snapshot_of, snapshots_of
from transcoding.queries import jobs_in_line
from transcoding.signals import job_changed
from uploads.models import Video

MOST_WAITING = 100
"""How many waiting videos are told of their new place in the queue at once."""


@receiver(job_changed)
def on_job_changed(*, video_id: UUID, qualities: frozenset[str], status_changed: bool, **_: object) -> None:
    """Tell the video's watchers; when a place in the queue may have changed, those who wait as well."""
    video = Video.objects.present().filter(pk=video_id).first()
    if video is not None and Connection.objects.watching(video).exists():
        snapshot = snapshot_of(video)
        if status_changed:
            # A new attempt or job may have other qualities than the page shows.
            push(video, [snapshot, status_of(snapshot)])
        else:
            push(video, [status_of(snapshot), *progress_of(snapshot, qualities)])
    if status_changed:
        _tell_waiting(besides=video_id)


def _tell_waiting(*, besides: UUID) -> None:
    waiting = jobs_in_line().exclude(video_id=besides).select_related("video").order_by("created_at")
    videos = Connection.objects.watched([job.video for job in waiting[:MOST_WAITING]])
    for video, snapshot in zip(videos, snapshots_of(videos), strict=True):
        push(video, [status_of(snapshot)])
