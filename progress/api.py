"""The videos API (docs/protocol.md §3)."""

from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Status
from pydantic import Field

from progress import services
from progress.presenters import VideoOut, video_out, videos_out
from uploads.api import signed_in
from uploads.models import Video
from uploads.schemas import CamelSchema

router = Router()


class VideoList(CamelSchema):
    items: list[VideoOut]
    count: int


class VideoChange(CamelSchema):
    title: Annotated[str, Field(max_length=1000)] | None = None
    visibility: Literal["private", "unlisted", "public"] | None = None


@router.get("", response=VideoList, by_alias=True)
def mine(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    offset: Annotated[int, Query(ge=0, le=10**6)] = 0,
) -> VideoList:
    """List my videos, newest first."""
    user = signed_in(request)
    videos = Video.objects.owned_by(user).order_by("-created_at")
    return VideoList(items=videos_out(list(videos[offset : offset + limit]), user), count=videos.count())


@router.get("/{uuid:video_id}", auth=None, response=VideoOut, by_alias=True)
def show(request: HttpRequest, video_id: UUID) -> VideoOut:
    """Show a video that I may watch."""
    return video_out(services.get_video(user=request.user, video_id=video_id), request.user)


@router.patch("/{uuid:video_id}", response=VideoOut, by_alias=True)
def change(request: HttpRequest, video_id: UUID, body: VideoChange) -> VideoOut:
    """Change the title or the visibility of my video."""
    video = services.get_own_video(user=request.user, video_id=video_id)
    video = services.video_update(video=video, title=body.title, visibility=body.visibility)
    return video_out(video, request.user)


@router.delete("/{uuid:video_id}", response={204: None})
def delete(request: HttpRequest, video_id: UUID) -> Status[None]:
    """Delete my video with all its files."""
    video = services.get_own_video(user=request.user, video_id=video_id)
    services.video_delete(video=video, by=signed_in(request).get_username())
    return Status(204, None)
