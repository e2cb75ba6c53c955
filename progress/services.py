"""Changes that watchers must hear of."""

from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User

from progress.messages import DeletedMessage
from progress.push import channels_watching, push_to
from transcoding import services as transcoding
from uploads import services as uploads
from uploads.errors import NotFound
from uploads.models import Video

AnyUser = User | AnonymousUser


def get_video(*, user: AnyUser, video_id: UUID) -> Video:
    """Return a video this user may watch. Raises NotFound."""
    video = Video.objects.visible_to(user).filter(pk=video_id).select_related("owner").first()
    if video is None:
        raise NotFound
    return video


def get_own_video(*, user: AnyUser, video_id: UUID) -> Video:
    """Return a video of this user's. Raises NotFound."""
    video = Video.objects.owned_by(user).filter(pk=video_id).select_related("owner").first()
    if video is None:
        raise NotFound
    return video


def video_update(*, video: Video, title: str | None, visibility: str | None) -> Video:
    """Change title or visibility; whoever may no longer see the video is told that it is gone."""
    before = channels_watching(video)
    video = uploads.video_update(video=video, title=title, visibility=visibility)
    if shut_out := set(before) - set(channels_watching(video)):
        push_to(shut_out, [DeletedMessage(type="deleted", videoId=str(video.pk))])
    return video


def video_delete(*, video: Video, by: str) -> None:
    """Delete a video and tell its watchers."""
    watching = channels_watching(video)
    transcoding.video_delete(video=video, by=by)
    push_to(watching, [DeletedMessage(type="deleted", videoId=str(video.pk))])
