"""A source is whole in the store: whoever says so, the store is asked, and the first to come does the work."""

import logging
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from uploads.models import Arrival, NoticedBy, Upload, UploadStatus, Video
from uploads.signals import upload_completed
from uploads.stores import StoredObject, StoreError, get_store

logger = logging.getLogger(__name__)


REJECTIONS = {
    "source.empty": "The file arrived empty. Delete this video and upload it again.",
    "source.too-large": "The file is larger than this site takes. Delete this video and choose a smaller file.",
}
"""What is told of a video whose source was rejected on arrival, by code."""


class Outcome(StrEnum):
    """What came of being told that a source has arrived."""

    TAKEN = "taken"
    REJECTED = "rejected"
    """It is not what was to be uploaded: empty, or larger than the site takes."""
    REPEATED = "repeated"
    """We knew of this version."""
    REPLACED = "replaced"
    """The video had its source before this version came: it is left alone."""
    STALE = "stale"
    """The message is about another version than the store holds now."""
    GONE = "gone"
    """There is no such object, or no longer."""
    UNKNOWN = "unknown"
    """No video waits for this key."""


def object_created(*, source_key: str, noticed_by: NoticedBy, etag: str = "", version_id: str = "") -> Outcome:
    """Take note that a source may be whole. `etag` and `version_id` are of the version the message is about.

    Called by the browser's complete, by the store's event and by the sweep, in any order and as often as they like.
    Raises StoreError when the store cannot be asked.
    """
    video = Video.objects.present().filter(source_key=source_key).first()
    if video is None:
        return Outcome.UNKNOWN
    stored = get_store().head(source_key)
    if stored is None:
        return Outcome.GONE
    if _is_other(etag, stored.etag) or _is_other(version_id, stored.version_id):
        return Outcome.STALE
    with transaction.atomic():
        arrival, is_new = Arrival.objects.get_or_create(
            bucket=get_store().bucket, key=source_key, version=stored.version_id or stored.etag,
            defaults={"video": video, "noticed_by": noticed_by},
        )  # fmt: skip
        if not is_new:
            Arrival.objects.filter(pk=arrival.pk).update(messages=F("messages") + 1)
            return Outcome.REPEATED
        outcome = _take(video, stored, noticed_by)
        if outcome in {Outcome.TAKEN, Outcome.REJECTED}:
            Arrival.objects.filter(pk=arrival.pk).update(taken=True)
        else:
            logger.warning("Left alone: %s had its source already when %s arrived", source_key, stored.etag)
        return outcome


def _is_other(told: str, found: str) -> bool:
    return bool(told and found) and told != found


def _take(video: Video, stored: StoredObject, noticed_by: NoticedBy) -> Outcome:
    rejection = _rejection(stored)
    # A PUT that began in time may end after its upload has expired: the file is there, whatever was said of it.
    won = Video.objects.filter(upload_status__in=[UploadStatus.WAITING, UploadStatus.EXPIRED]).advance(
        video.pk, to=UploadStatus.REJECTED if rejection else UploadStatus.UPLOADED, uploaded_at=timezone.now(),
        source_etag=stored.etag, source_version=stored.version_id, noticed_by=noticed_by, rejection=rejection,
        # What is promised stays where what came is nothing at all.
        size_bytes=stored.size_bytes or video.size_bytes,
    )  # fmt: skip
    if not won:
        return Outcome.REPLACED
    upload = Upload.objects.filter(pk=video.pk).first()
    if upload is not None:
        upload_id, key = upload.store_upload_id, video.source_key
        upload.delete()
        if "-" not in stored.etag:  # S3's mark of what was made of parts
            # It came by another way, as by a form: parts that had arrived lie there for nothing.
            transaction.on_commit(lambda: _drop_parts(key, upload_id), robust=True)
    if rejection:
        logger.warning("Rejected: %s holds %s bytes (%s)", video.source_key, stored.size_bytes, rejection)
        transaction.on_commit(lambda: get_store().mark_rejected(video.source_key, rejected=True), robust=True)
        return Outcome.REJECTED
    video.refresh_from_db()
    upload_completed.send(sender=Video, video=video)
    return Outcome.TAKEN


def _rejection(stored: StoredObject) -> str:
    """Return the code of what is wrong, or nothing. The signatures bind the length: only a leaked key gets here."""
    if stored.size_bytes == 0:
        return "source.empty"
    if stored.size_bytes > settings.MAX_UPLOAD_BYTES:
        return "source.too-large"
    return ""


def _drop_parts(key: str, upload_id: str) -> None:
    try:
        get_store().abort_upload(key, upload_id)
    except StoreError:
        logger.warning("The parts of %s stay until the sweep", key, exc_info=True)
