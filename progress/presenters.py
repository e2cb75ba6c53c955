"""A video as the API and the pages show it (docs/protocol.md §3)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from progress.snapshot import snapshot_from
from transcoding.costs import Total, totals_of
from transcoding.queries import VideoState, states_of
from uploads.models import Video
from uploads.schemas import CamelSchema


class CostOut(CamelSchema):
    amount: str
    currency: str


class VideoOut(CamelSchema):
    video_id: UUID
    title: str
    visibility: str
    size: int
    created_at: datetime
    mine: bool
    watch_url: str
    poster_url: str | None
    storyboard_url: str | None
    cost: CostOut | None
    snapshot: dict[str, Any]


def video_out(video: Video, user: User | AnonymousUser) -> VideoOut:
    """Describe a video for the user who asks."""
    return videos_out([video], user)[0]


def videos_out(videos: Collection[Video], user: User | AnonymousUser) -> list[VideoOut]:
    """Describe videos for the user who asks, in as many queries for a page of them as for one."""
    states = states_of(videos)
    # What a video costs is the operators' business, not its owner's.
    costs = totals_of([video.pk for video in videos]) if user.is_staff else {}
    return [_out(video, states[video.pk], costs.get(video.pk), user) for video in videos]


def _out(video: Video, state: VideoState, cost: Total | None, user: User | AnonymousUser) -> VideoOut:
    made_of = state.to_play
    return VideoOut(
        video_id=video.pk,
        title=video.title,
        visibility=video.visibility,
        size=video.size_bytes,
        created_at=video.created_at,
        mine=video.owner_id == user.pk,
        watch_url=reverse("watch", args=[video.pk]),
        poster_url=reverse("poster", args=[video.pk]) if made_of and made_of.poster else None,
        storyboard_url=reverse("storyboard", args=[video.pk]) if made_of and made_of.storyboard else None,
        cost=_cost_out(cost),
        snapshot=dict(snapshot_from(video, state)),
    )


def _cost_out(total: Total | None) -> CostOut | None:
    if total is None or total.amount is None:
        return None
    return CostOut(amount=f"{total.amount:f}", currency=total.currency)
