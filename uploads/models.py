"""A Video, and the Upload that is bringing its bytes."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

if TYPE_CHECKING:
    from django.contrib.auth.models import User


LONGEST_ID = 1024
"""What S3 allows a version id; nobody promises anything of upload ids, and some servers' have hundreds of letters."""


class Visibility(models.TextChoices):
    """Who may watch: the owner, whoever has the link, or everybody."""

    PRIVATE = "private"
    UNLISTED = "unlisted"
    PUBLIC = "public"


class UploadStatus(models.TextChoices):
    """Where the source is.

    WAITING ──► UPLOADED ◄──► REJECTED (and back when an operator tries again)
       ├────────────────────────►┘ (what arrived is not what was to be uploaded)
       └──────► EXPIRED ──► UPLOADED or REJECTED, when the file arrives after all
    """

    WAITING = "WAITING"
    UPLOADED = "UPLOADED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


MAY_FOLLOW: dict[UploadStatus, frozenset[UploadStatus]] = {
    UploadStatus.WAITING: frozenset({UploadStatus.UPLOADED, UploadStatus.REJECTED, UploadStatus.EXPIRED}),
    UploadStatus.UPLOADED: frozenset({UploadStatus.REJECTED}),
    UploadStatus.REJECTED: frozenset({UploadStatus.UPLOADED}),
    UploadStatus.EXPIRED: frozenset({UploadStatus.UPLOADED, UploadStatus.REJECTED}),
}


class NoticedBy(models.TextChoices):
    """Who was the first to tell the site that a source is whole."""

    BROWSER = "browser", "the uploader's own call"
    EVENT = "event", "the store's event"
    SWEEP = "sweep", "the sweep"


class VideoQuerySet(models.QuerySet["Video"]):
    def present(self) -> "VideoQuerySet":
        """Videos that nobody has deleted."""
        return self.filter(deleted_at=None)

    def owned_by(self, user: "User | AnonymousUser") -> "VideoQuerySet":
        """One user's videos."""
        return self.present().filter(owner_id=user.pk) if user.is_authenticated else self.none()

    def visible_to(self, user: "User | AnonymousUser") -> "VideoQuerySet":
        """Videos this user may watch: their own, unlisted and public ones; staff may watch all."""
        if user.is_staff:
            return self.present()
        return self.present().filter(~Q(visibility=Visibility.PRIVATE) | Q(owner_id=user.pk, owner__isnull=False))

    def advance(self, video_id: uuid.UUID, *, to: UploadStatus, **facts: object) -> bool:
        """Move one video on; True only for the caller that won."""
        allowed = [status for status, following in MAY_FOLLOW.items() if to in following]
        changes = {"upload_status": to, **facts}
        return self.filter(pk=video_id, upload_status__in=allowed, deleted_at=None).update(**changes) == 1

    def deleted_before(self, moment: datetime) -> "VideoQuerySet":
        """Videos deleted so long ago that no transcoder can still be writing for them."""
        return self.filter(deleted_at__lt=moment)


class Video(models.Model):
    """The thing a user uploads and watches."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Deleting a person must not leave their files behind: their videos are deleted first, which removes the files.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="videos")
    title = models.CharField(max_length=200)
    visibility = models.CharField(max_length=8, choices=Visibility.choices, default=Visibility.PRIVATE)
    file_name = models.CharField(max_length=255, help_text="What the user's file was called: data, never a path.")
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    source_key = models.CharField(max_length=200, unique=True)
    source_etag = models.CharField(max_length=100, blank=True, help_text="The store's mark of exactly this source.")
    source_version = models.CharField(
        max_length=LONGEST_ID, blank=True, help_text="Its version, in a store that keeps them."
    )
    noticed_by = models.CharField(max_length=7, choices=NoticedBy.choices, blank=True)
    rejection = models.CharField(max_length=60, blank=True, help_text="Why no job was made for what arrived: a code.")
    upload_status = models.CharField(max_length=8, choices=UploadStatus.choices, default=UploadStatus.WAITING)
    created_at = models.DateTimeField(default=timezone.now)
    uploaded_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(
        null=True, blank=True, help_text="Set first; a sweep removes files, then the row."
    )

    objects = VideoQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="video_library"),
            models.Index(fields=["deleted_at"], name="video_purge", condition=Q(deleted_at__isnull=False)),
        ]
        constraints = [models.CheckConstraint(condition=Q(size_bytes__gt=0), name="video_not_empty")]

    def __str__(self) -> str:
        return self.title


class UploadQuerySet(models.QuerySet["Upload"]):
    def of(self, user: "User | AnonymousUser") -> "UploadQuerySet":
        """One user's open uploads."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(video__owner_id=user.pk, video__deleted_at=None)

    def total_bytes(self) -> int:
        """How many bytes these uploads have promised."""
        return self.aggregate(total=Sum("video__size_bytes"))["total"] or 0

    def expired(self, now: datetime) -> "UploadQuerySet":
        """Uploads nobody finished in time."""
        return self.filter(expires_at__lt=now)


class Upload(models.Model):
    """An upload that is open: the row goes when the source is whole, given up or expired.

    Which parts have arrived is known by the store alone.
    """

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True, related_name="upload")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of name, size and lastModified.")
    store_upload_id = models.CharField(max_length=LONGEST_ID)
    part_size_bytes = models.PositiveBigIntegerField()
    last_modified_ms = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "fingerprint"], name="upload_once_per_file")]

    def __str__(self) -> str:
        return f"upload of {self.video_id}"


class Arrival(models.Model):
    """One version of a source that the store holds or held. The constraint is what makes one job of many messages."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="arrivals")
    bucket = models.CharField(max_length=255)
    key = models.CharField(max_length=200)
    version = models.CharField(
        max_length=LONGEST_ID, help_text="The store's version id, or the ETag where it keeps none."
    )
    noticed_by = models.CharField(max_length=7, choices=NoticedBy.choices)
    noticed_at = models.DateTimeField(default=timezone.now)
    messages = models.PositiveIntegerField(default=1, help_text="How often we were told.")
    taken = models.BooleanField(default=False, help_text="Whether this is the version that was taken.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bucket", "key", "version"], name="arrival_once")]

    def __str__(self) -> str:
        return f"{self.key} as {self.version}"


class EventTally(models.Model):
    """How many messages of the store came to what, each day."""

    day = models.DateField()
    transport = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "transport", "outcome"], name="tally_once")]
        verbose_name_plural = "event tallies"

    def __str__(self) -> str:
        return f"{self.day} {self.transport} {self.outcome}: {self.count}"
