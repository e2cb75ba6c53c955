"""Everything that changes a Video or an Upload."""

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone

from uploads import keys
from uploads.errors import NotFound, UserError
from uploads.models import Upload, UploadStatus, Video, Visibility
from uploads.naming import check_acceptable, clean_name, fingerprint, human_size, plain_text, title_for
from uploads.planning import part_count, part_length, part_size_for
from uploads.signals import upload_completed
from uploads.stores import StoredPart, StoreError, get_store

logger = logging.getLogger(__name__)

MAX_PARTS_PER_CALL = 100


def upload_start(
    *, owner: User, name: str, size_bytes: int, content_type: str, last_modified_ms: int
) -> tuple[Upload, bool]:
    """Open an upload, or give back the open one of the same file. Returns it and whether it is new.

    Raises UserError when the file, or one more upload by this user, is refused.
    """
    name = clean_name(name)
    check_acceptable(name, size_bytes, content_type)
    mark = fingerprint(name, size_bytes, last_modified_ms)
    if existing := _open_upload(owner, mark):
        return existing, False
    _check_room(owner, size_bytes)

    video_id, part_size, now = uuid4(), part_size_for(size_bytes), timezone.now()
    key = keys.source_key(video_id)
    store = get_store()
    store_upload_id = store.create_upload(key, content_type=content_type, part_size_bytes=part_size)
    try:
        with transaction.atomic():
            # One start at a time for each user: many at once would all find room, and the same file twice.
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)
            if existing := _open_upload(owner, mark):
                store.abort_upload(key, store_upload_id)
                return existing, False
            _check_room(owner, size_bytes)
            video = Video.objects.create(
                id=video_id, owner=owner, title=title_for(name), file_name=name, content_type=content_type[:100],
                size_bytes=size_bytes, source_key=key, created_at=now,
            )  # fmt: skip
            upload = Upload.objects.create(
                video=video, owner=owner, fingerprint=mark, store_upload_id=store_upload_id, part_size_bytes=part_size,
                last_modified_ms=last_modified_ms, created_at=now,
                expires_at=now + timedelta(seconds=settings.UPLOAD_EXPIRY_SECONDS),
            )  # fmt: skip
    except Exception:
        store.abort_upload(key, store_upload_id)
        raise
    return upload, True


def _open_upload(owner: User, mark: str) -> Upload | None:
    return Upload.objects.of(owner).filter(fingerprint=mark).select_related("video").first()


def _check_room(owner: User, size_bytes: int) -> None:
    unfinished = Upload.objects.of(owner)
    if unfinished.count() >= settings.MAX_UNFINISHED_UPLOADS:
        raise UserError(
            "upload.too-many",
            f"You have {settings.MAX_UNFINISHED_UPLOADS} unfinished uploads. Finish or discard one first.",
            status=429,
        )
    room = settings.MAX_UNFINISHED_BYTES - unfinished.total_bytes()
    if size_bytes > room:
        raise UserError(
            "upload.no-room",
            f"This file is {human_size(size_bytes)}, and your unfinished uploads leave room for "
            f"{human_size(max(0, room))}. Finish or discard one first.",
            status=429,
        )


def get_upload(*, user: User | AnonymousUser, video_id: UUID) -> Upload:
    """Return a user's open upload. Raises NotFound."""
    upload = Upload.objects.of(user).filter(pk=video_id).select_related("video").first()
    if upload is None:
        raise NotFound
    return upload


def upload_parts(upload: Upload) -> list[StoredPart]:
    """Return the parts the store holds of an upload."""
    return get_store().list_parts(upload.video.source_key, upload.store_upload_id)


def upload_sign_parts(*, upload: Upload, numbers: list[int]) -> tuple[dict[int, str], datetime]:
    """Return a presigned PUT URL for each part number, and until when they are good."""
    count = part_count(upload.video.size_bytes, upload.part_size_bytes)
    wrong = sorted({n for n in numbers if not 1 <= n <= count})
    if wrong or not numbers or len(numbers) > MAX_PARTS_PER_CALL:
        raise UserError(
            "upload.wrong-parts",
            f"Ask for 1 to {MAX_PARTS_PER_CALL} parts between 1 and {count}.",
            status=422,
        )
    expires_at = timezone.now() + timedelta(seconds=settings.PART_URL_SECONDS)
    lengths = {n: _length(upload, n) for n in numbers}
    urls = get_store().sign_parts(upload.video.source_key, upload.store_upload_id, lengths, expires_at=expires_at)
    return urls, expires_at


def upload_complete(*, user: User, video_id: UUID) -> Video:
    """Make the source of its parts. Repeating it is harmless.

    Raises UserError when parts are missing or the upload has expired, StoreError when the store fails.
    """
    video = _own_video(user, video_id)
    upload = Upload.objects.filter(pk=video_id).select_related("video").first()
    if video.upload_status == UploadStatus.WAITING and upload is not None:
        _make_source(upload)
        object_created(source_key=video.source_key)
    # Meanwhile another call may have completed it, given it up or deleted it.
    video = _own_video(user, video_id)
    if video.upload_status == UploadStatus.EXPIRED:
        raise UserError(
            "upload.expired",
            "This upload was not finished in time, and its parts are gone. Choose the file again.",
            status=409,
        )
    if video.upload_status == UploadStatus.WAITING:
        raise StoreError(f"the source of {video_id} is gone again")
    return video


def _own_video(user: User, video_id: UUID) -> Video:
    video = Video.objects.owned_by(user).filter(pk=video_id).first()
    if video is None:
        raise NotFound
    return video


def _make_source(upload: Upload) -> None:
    store, key = get_store(), upload.video.source_key
    if store.head(key) is not None:
        return
    try:
        store.complete_upload(key, upload.store_upload_id, _whole(upload))
    except (StoreError, UserError):
        # What came of it is for the store to say: another call may have completed it.
        if store.head(key) is None:
            raise


def _whole(upload: Upload) -> list[StoredPart]:
    """Return the parts that make the source. Raises UserError naming those that are missing."""
    held = {part.number: part for part in upload_parts(upload)}
    count = part_count(upload.video.size_bytes, upload.part_size_bytes)
    missing = [n for n in range(1, count + 1) if n not in held or held[n].size_bytes != _length(upload, n)]
    if missing:
        raise UserError(
            "upload.incomplete",
            f"{len(missing)} of {count} parts have not arrived. Send them, then complete again.",
            status=409,
            missing=missing[:1000],
        )
    return [held[n] for n in range(1, count + 1)]


def _length(upload: Upload, number: int) -> int:
    return part_length(number, size_bytes=upload.video.size_bytes, part_size_bytes=upload.part_size_bytes)


def object_created(*, source_key: str) -> bool:
    """Take note that a source may be whole: whoever says so, the store is asked. True when it is there.

    Called by the browser's complete, by the store's event and by the sweep; only the first to come does the work.
    """
    stored = get_store().head(source_key)
    video = Video.objects.present().filter(source_key=source_key).first()
    if stored is None or video is None:
        return False
    with transaction.atomic():
        won = Video.objects.filter(upload_status=UploadStatus.WAITING).advance(
            video.pk, to=UploadStatus.UPLOADED, uploaded_at=timezone.now(),
            size_bytes=stored.size_bytes, source_etag=stored.etag,
        )  # fmt: skip
        if won:
            Upload.objects.filter(pk=video.pk).delete()
            video.refresh_from_db()
            upload_completed.send(sender=Video, video=video)
    return True


def upload_abort(*, upload: Upload) -> None:
    """Give an upload up: its parts, its row and its video go."""
    # First, so that nobody can complete it any more, and a store that fails leaves a row to try again with.
    get_store().abort_upload(upload.video.source_key, upload.store_upload_id)
    with transaction.atomic():
        waiting = Video.objects.select_for_update().filter(pk=upload.pk, upload_status=UploadStatus.WAITING).first()
        if waiting is None:
            return  # it was completed a moment ago: it is a video now, and is deleted as one
        waiting.delete()
        # The source may have become whole a moment ago, and nobody had noted it.
        prefix = keys.source_prefix(upload.pk)
        transaction.on_commit(lambda: get_store().delete_prefix(prefix), robust=True)


def video_update(*, video: Video, title: str | None, visibility: str | None) -> Video:
    """Change what the owner may change. Raises UserError."""
    changes: dict[str, str] = {}
    if title is not None:
        changes["title"] = plain_text(title)[:200]
        if not changes["title"]:
            raise UserError("video.no-title", "A video needs a title.", status=422)
    if visibility is not None:
        if visibility not in Visibility.values:
            raise UserError("video.wrong-visibility", "Choose private, unlisted or public.", status=422)
        changes["visibility"] = visibility
    Video.objects.filter(pk=video.pk).update(**changes)
    video.refresh_from_db()
    return video


def video_reject(*, video_id: UUID) -> None:
    """Note that the source is no video we can use; a sweep removes it later."""
    Video.objects.advance(video_id, to=UploadStatus.REJECTED)


def video_reconsider(*, video_id: UUID) -> None:
    """Take a rejected source as one that may be usable after all."""
    Video.objects.filter(upload_status=UploadStatus.REJECTED).advance(video_id, to=UploadStatus.UPLOADED)


def video_delete(*, video: Video) -> None:
    """Hide a video at once and remove its files after commit; the sweep removes what was written meanwhile.

    A running job is not known here: `transcoding.services.video_delete` is the door.
    """
    now = timezone.now()
    upload = Upload.objects.filter(pk=video.pk).first()
    Video.objects.present().filter(pk=video.pk).update(deleted_at=now)
    # Its row stays, expired, as long as its parts do: a process that dies here leaves both to the sweep. Without its
    # fingerprint it is not in the way of the same file.
    Upload.objects.filter(pk=video.pk).update(expires_at=now, fingerprint=video.pk.hex)

    def remove_files() -> None:
        if upload is not None:
            get_store().abort_upload(video.source_key, upload.store_upload_id)
            upload.delete()
        video_remove_files(video)

    transaction.on_commit(remove_files, robust=True)


def video_remove_files(video: Video) -> None:
    """Remove the source and all that was ever made from it. Raises StoreError."""
    get_store().delete_prefix(keys.source_prefix(video.pk))
    get_store().delete_prefix(keys.renditions_prefix(video.pk))
