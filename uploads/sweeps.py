"""The janitor: what was abandoned, forgotten or half done is put right, however it came about."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db import transaction

from uploads import keys
from uploads.arrivals import Outcome, object_created
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.services import video_remove_files
from uploads.stores import get_store

logger = logging.getLogger(__name__)

NOTHING_CAME = {Outcome.GONE, Outcome.UNKNOWN}

Row = TypeVar("Row")

BATCH = 500
PURGE_GRACE = timedelta(minutes=10)
"""Longer than a transcoder can go on writing after its job was cancelled, and a browser after its URL has ended."""


def sweep_uploads(*, now: datetime) -> None:
    """Do everything a dead process, a lost event or an absent user left undone."""
    # An object may be whole although nobody told us. Asking is a call to the store for each open upload: when there
    # are more than a batch, chance gives each its turn.
    waiting = Upload.objects.filter(created_at__lt=now - timedelta(minutes=1)).order_by("?")
    _each(waiting.values_list("video__source_key", flat=True)[:BATCH], _find_forgotten)
    _each(Upload.objects.expired(now).select_related("video")[:BATCH], _expire)
    signed = timedelta(seconds=settings.PART_URL_SECONDS)
    _each(Video.objects.deleted_before(now - PURGE_GRACE - signed)[:BATCH], _purge)
    # A file that is no video is kept for a while, so that a person can look at it, then goes.
    old = now - timedelta(seconds=settings.REJECTED_SOURCE_SECONDS)
    rejected = Video.objects.filter(upload_status=UploadStatus.REJECTED, uploaded_at__lt=old).exclude(source_etag="")
    _each(rejected[:BATCH], _drop_source)


def sweep_store(*, now: datetime) -> None:
    """Abort uploads that are open in the store though no row knows them: a process died before it wrote one."""
    old = now - timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS)
    for upload in get_store().open_uploads():
        if upload.started_at < old and not Upload.objects.filter(store_upload_id=upload.upload_id).exists():
            logger.warning("Aborting a forgotten upload of %s, begun at %s", upload.key, upload.started_at)
            get_store().abort_upload(upload.key, upload.upload_id)


def _each(rows: Iterable[Row], put_right: Callable[[Row], None]) -> None:
    """Put each row right; one that cannot be, now or ever, keeps no other waiting."""
    for row in rows:
        try:
            put_right(row)
        except Exception:
            logger.exception("The sweep could not put %s right, and will try again", row)


def _find_forgotten(source_key: str) -> None:
    if object_created(source_key=source_key, noticed_by=NoticedBy.SWEEP) == Outcome.TAKEN:
        logger.warning("Found by sweep: %s was whole and nobody had said so", source_key)


def _expire(upload: Upload) -> None:
    # First, so that it can no longer be completed; whoever did so in the last moment has made it a video.
    get_store().abort_upload(upload.video.source_key, upload.store_upload_id)
    if object_created(source_key=upload.video.source_key, noticed_by=NoticedBy.SWEEP) not in NOTHING_CAME:
        return
    with transaction.atomic():
        Video.objects.advance(upload.pk, to=UploadStatus.EXPIRED)
        Upload.objects.filter(pk=upload.pk).delete()


def _purge(video: Video) -> None:
    video_remove_files(video)
    video.delete()


def _drop_source(video: Video) -> None:
    get_store().delete_prefix(keys.source_prefix(video.pk))
    Video.objects.filter(pk=video.pk).update(source_etag="")
