"""Which connection watches which video."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from uploads.models import Video, Visibility


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def watching(self, video: Video) -> "ConnectionQuerySet":
        """Connections to tell of a video: those that follow it, or all of their user's, and may still see it."""
        following = Q(video=video) | Q(video=None, user_id=video.owner_id)
        allowed = Q() if video.visibility != Visibility.PRIVATE else Q(user_id=video.owner_id) | Q(user__is_staff=True)
        return self.filter(following & allowed)

    def watched(self, videos: Collection[Video]) -> list[Video]:
        """Those of the videos that somebody may be watching: `watching` says who is to be told."""
        followed = set(self.filter(video__in=videos).values_list("video_id", flat=True))
        owners = {video.owner_id for video in videos}
        at_home = set(self.filter(video=None, user__in=owners).values_list("user_id", flat=True))
        return [video for video in videos if video.pk in followed or video.owner_id in at_home]

    def seen(self, channel_name: str, now: datetime) -> bool:
        """Note that a connection is alive; False when it is not known, or no longer."""
        return self.filter(channel_name=channel_name).update(last_seen_at=now) > 0

    def stale(self, before: datetime) -> "ConnectionQuerySet":
        """Rows whose server died without saying goodbye."""
        return self.filter(last_seen_at__lt=before)


class Connection(models.Model):
    """One open WebSocket and one video it follows, or all of its user's when `video` is empty."""

    channel_name = models.CharField(max_length=150, help_text="The address of the socket in the channel layer.")
    video = models.ForeignKey(Video, on_delete=models.CASCADE, null=True, blank=True, related_name="connections")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="connections"
    )
    server_id = models.CharField(max_length=100, help_text="Host and process that hold the socket.")
    connected_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel_name", "video"], name="follows_a_video_once"),
            models.UniqueConstraint(fields=["channel_name"], condition=Q(video=None), name="follows_all_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id or 'anonymous'} watching {self.video_id or 'all of theirs'}"
