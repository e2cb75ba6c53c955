"""Who is connected and what they follow: every change of the Connection rows."""

import os
import socket
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from progress.messages import Snapshot
from progress.models import Connection
from progress.snapshot import snapshot_of, snapshots_of
from uploads.errors import NotFound, UserError
from uploads.models import Video

SERVER_ID = f"{socket.gethostname()}:{os.getpid()}"
MOST_FOLLOWED = 100
"""Videos one connection may follow, and snapshots a connection to all of mine is sent at first."""
MOST_SOCKETS = 50
"""Sockets one user may hold open; a page without one polls."""
STALE_AFTER = timedelta(minutes=2)
"""A living consumer touches its rows every 30 s."""

AnyUser = User | AnonymousUser


def connection_watch(*, channel_name: str, user: AnyUser, video_id: UUID) -> Snapshot:
    """Let a connection follow one video, and return its snapshot. Raises NotFound when it may not be seen."""
    video = Video.objects.visible_to(user).filter(pk=video_id).first()
    if video is None:
        raise NotFound
    _check_sockets(channel_name, user)
    if Connection.objects.filter(channel_name=channel_name).count() >= MOST_FOLLOWED:
        raise UserError("watch.too-many", f"One connection follows {MOST_FOLLOWED} videos at most.")
    # The row first, then the snapshot: a change in between arrives as a message, and is not lost.
    Connection.objects.get_or_create(
        channel_name=channel_name, video=video, defaults={"user_id": user.pk, "server_id": SERVER_ID}
    )
    return snapshot_of(video)


def connection_watch_all(*, channel_name: str, user: User) -> list[Snapshot]:
    """Let a connection follow all of its user's videos, and return the snapshots of the newest."""
    _check_sockets(channel_name, user)
    Connection.objects.get_or_create(
        channel_name=channel_name, video=None, defaults={"user": user, "server_id": SERVER_ID}
    )
    newest = Video.objects.owned_by(user).order_by("-created_at")[:MOST_FOLLOWED]
    return snapshots_of(list(newest))


def _check_sockets(channel_name: str, user: AnyUser) -> None:
    if not isinstance(user, User):
        return  # nobody to count by: addresses are the proxy's to count
    others = Connection.objects.filter(user=user).exclude(channel_name=channel_name)
    if others.values("channel_name").distinct().count() >= MOST_SOCKETS:
        raise UserError("watch.too-many-sockets", f"You have {MOST_SOCKETS} connections open; close some.", status=429)


def connection_unwatch(*, channel_name: str, video_id: UUID) -> None:
    """Let a connection follow one video no longer."""
    Connection.objects.filter(channel_name=channel_name, video_id=video_id).delete()


def connection_close(*, channel_name: str) -> None:
    """Forget a connection."""
    Connection.objects.filter(channel_name=channel_name).delete()


def connection_touch(
    *, channel_name: str, user: AnyUser, video_id: UUID | None
) -> Literal["stays", "forgotten", "shut out"]:
    """Note that a connection is alive, and say what becomes of it.

    Forgotten: its rows are gone, by a sweep while this process was suspended, and it would hear nothing any more.
    Shut out: its user may see that video, or be here at all, no longer.
    """
    if user.is_authenticated and not User.objects.filter(pk=user.pk, is_active=True).exists():
        return "shut out"
    if video_id is not None and not Video.objects.visible_to(user).filter(pk=video_id).exists():
        return "shut out"
    return "stays" if Connection.objects.seen(channel_name, timezone.now()) else "forgotten"


def sweep_connections(*, now: datetime) -> None:
    """Remove the rows of servers that died: no server says goodbye when it is killed."""
    Connection.objects.stale(now - STALE_AFTER).delete()
