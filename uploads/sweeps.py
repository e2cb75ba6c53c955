"""The janitor: what was abandoned, forgotten or half done is put right, however it came about."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from uploads import keys
from uploads.arrivals import Outcome, object_created
from uploads.completion import source_make
from uploads.errors import UserError
from uploads.models import NoticedBy, Upload, UploadStatus, Video
from uploads.services import video_remove_files
from uploads.stores import OpenUpload, get_store
from uploads.sweeping import put_each_right

logger = logging.getLogger(__name__)

BATCH = 500
LATE = timedelta(minutes=10)
"""Longer than a transcoder goes on writing after its job was cancelled, or a browser after its URL has ended."""


def sweep_uploads(*, now: datetime) -> None:
    """Do everything a dead process, a lost event or an absent user left undone."""
    # Chance gives each its turn where there are more than a batch, or where some can never be put right.
    uploads = Upload.objects.select_related("video").order_by("?")
    begun = uploads.filter(created_at__lt=now - timedelta(minutes=1), video__deleted_at=None)
    put_each_right(begun[:BATCH], _finish)
    put_each_right(uploads.expired(now - LATE)[:BATCH], _expire)
    signed = timedelta(seconds=settings.PART_URL_SECONDS)
    put_each_right(Video.objects.deleted_before(now - LATE - signed).order_by("?")[:BATCH], _purge)
    # A file that is no video is kept for a while, so that a person can look at it, then goes.
    old = now - timedelta(seconds=settings.REJECTED_SOURCE_SECONDS)
    rejected = Video.objects.filter(upload_status=UploadStatus.REJECTED, uploaded_at__lt=old).exclude(source_etag="")
    put_each_right(rejected.order_by("?")[:BATCH], _drop_source)


def sweep_store(*, now: datetime) -> None:
    """Abort uploads that are open in the store though no row knows them: a process died before it wrote one."""
    old = now - timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS)
    put_each_right((upload for upload in get_store().open_uploads() if upload.started_at < old), _abort_unknown)


def _finish(upload: Upload) -> None:
    """Take a source that is whole, or whose parts are: its browser was closed on the last byte, or the event lost."""
    try:
        source_make(upload)
    except UserError:
        return  # still on its way
    if object_created(source_key=upload.video.source_key, noticed_by=NoticedBy.SWEEP) == Outcome.TAKEN:
        logger.warning("Found by sweep: %s was whole and nobody had said so", upload.video.source_key)


def _expire(upload: Upload) -> None:
    if upload.video.deleted_at is None:
        _finish(upload)
    # First, so that it can no longer be completed.
    get_store().abort_upload(upload.video.source_key, upload.store_upload_id)
    with transaction.atomic():
        Video.objects.filter(upload_status=UploadStatus.WAITING).advance(upload.pk, to=UploadStatus.EXPIRED)
        Upload.objects.filter(pk=upload.pk).delete()


def _purge(video: Video) -> None:
    video_remove_files(video)
    video.delete()


def _drop_source(video: Video) -> None:
    get_store().delete_prefix(keys.source_prefix(video.pk))
    Video.objects.filter(pk=video.pk).update(source_etag="")


def _abort_unknown(upload: OpenUpload) -> None:
    if not Upload.objects.filter(store_upload_id=upload.upload_id).exists():
        logger.warning("Aborting a forgotten upload of %s, begun at %s", upload.key, upload.started_at)
        get_store().abort_upload(upload.key, upload.upload_id)
