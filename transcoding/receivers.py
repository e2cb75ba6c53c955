"""What transcoding does when uploads has news."""

from django.dispatch import receiver

from transcoding.services import job_create
from uploads.models import Video
from uploads.signals import upload_completed


@receiver(upload_completed)
def on_upload_completed(*, video: Video, **_: object) -> None:
    """A source has arrived: make its job, in the same transaction."""
    job_create(video=video, reason=f"uploaded, as told by {video.get_noticed_by_display()}")
