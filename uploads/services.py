"""Everything that changes a Video or an Upload."""

import logging
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone

from uploads import keys
from uploads.arrivals import object_created
from uploads.completion import source_make
from uploads.errors import NotFound, UserError
from uploads.models import NoticedBy, Upload, UploadStatus, Video, Visibility
from uploads.naming import check_acceptable, clean_name, fingerprint, human_size, plain_text, title_for
from uploads.planning import part_count, part_length, part_size_for
from uploads.stores import SignedForm, SignedPut, StoredPart, StoreError, get_store

logger = logging.getLogger(__name__)

MAX_PARTS_PER_CALL = 100
ASKED_AT_ONCE = 8


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
    store_upload_id = store.create_upload(
        key, content_type=content_type[:100], size_bytes=size_bytes, part_size_bytes=part_size
    )
    try:
        with transaction.atomic():
            # One start at a time for each user: many at once would all find room, and the same file twice.
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)
            if existing := _open_upload(owner, mark):
                transaction.on_commit(lambda: store.abort_upload(key, store_upload_id), robust=True)
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
        with suppress(StoreError):  # the sweep aborts what is left open; why there is no upload is what matters here
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


def upload_parts(uploads: Iterable[Upload]) -> list[list[StoredPart]]:
    """Return the parts the store holds of each upload; a remote store is asked of several at once."""
    store = get_store()
    asked = [(upload.video.source_key, upload.store_upload_id) for upload in uploads]
    if len(asked) == 1:
        return [store.list_parts(*asked[0])]
    with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
        return list(pool.map(lambda one: store.list_parts(*one), asked))


def upload_sign_parts(*, upload: Upload, numbers: list[int]) -> tuple[dict[int, SignedPut], datetime]:
    """Return a presigned PUT for each part number, and until when they are good."""
    count = part_count(upload.video.size_bytes, upload.part_size_bytes)
    wrong = sorted({n for n in numbers if not 1 <= n <= count})
    if wrong or not numbers or len(numbers) > MAX_PARTS_PER_CALL:
        raise UserError(
            "upload.wrong-parts",
            f"Ask for 1 to {MAX_PARTS_PER_CALL} parts between 1 and {count}.",
            status=422,
        )
    expires_at = _signed_until(upload)
    size_bytes, part_size = upload.video.size_bytes, upload.part_size_bytes
    lengths = {n: part_length(n, size_bytes=size_bytes, part_size_bytes=part_size) for n in numbers}
    puts = get_store().sign_parts(
        upload.video.source_key, upload.store_upload_id, lengths,
        content_type=upload.video.content_type, expires_at=expires_at,
    )  # fmt: skip
    return puts, expires_at


def upload_sign_form(*, upload: Upload) -> tuple[SignedForm, datetime]:
    """Return a form that takes the whole file in one POST, and until when it is good. Raises UserError."""
    expires_at = _signed_until(upload)
    form = get_store().sign_form(
        upload.video.source_key, content_type=upload.video.content_type, size_bytes=upload.video.size_bytes,
        expires_at=expires_at,
    )  # fmt: skip
    if form is None:
        raise UserError("upload.no-form", "This file cannot be sent by a form. Send it in parts.", status=422)
    return form, expires_at


def _signed_until(upload: Upload) -> datetime:
    """Return when what is signed now ends: never later than the upload, so that none is begun after it expired."""
    now = timezone.now()
    if upload.expires_at <= now + timedelta(seconds=1):  # a signature counts in whole seconds
        raise _expired()
    return min(now + timedelta(seconds=settings.PART_URL_SECONDS), upload.expires_at)


def _expired() -> UserError:
    return UserError(
        "upload.expired",
        "This upload was not finished in time, and its parts are gone. Choose the file again.",
        status=409,
    )


def upload_complete(*, user: User, video_id: UUID) -> Video:
    """Make the source of its parts. Repeating it is harmless.

    Raises UserError when parts are missing or the upload has expired, StoreError when the store fails.
    """
    video = _own_video(user, video_id)
    upload = Upload.objects.filter(pk=video_id).select_related("video").first()
    if video.upload_status == UploadStatus.WAITING and upload is not None:
        source_make(upload)
        object_created(source_key=video.source_key, noticed_by=NoticedBy.BROWSER)
    # Meanwhile another call may have completed it, given it up or deleted it.
    video = _own_video(user, video_id)
    if video.upload_status == UploadStatus.EXPIRED:
        raise _expired()
    if video.upload_status == UploadStatus.WAITING:
        raise StoreError(f"the source of {video_id} is gone again")
    return video


def _own_video(user: User, video_id: UUID) -> Video:
    video = Video.objects.owned_by(user).filter(pk=video_id).first()
    if video is None:
        raise NotFound
    return video


def upload_abort(*, upload: Upload) -> None:
    """Give an upload up: its parts and its row go, its video is deleted. Raises UserError when it is complete."""
    # First, so that nobody can complete it any more, and a store that fails leaves a row to try again with.
    get_store().abort_upload(upload.video.source_key, upload.store_upload_id)
    with transaction.atomic():
        # The video stays as a deleted one for a while: a PUT that was signed may still bring the file, and the sweep
        # then removes it.
        waiting = Video.objects.present().filter(pk=upload.pk, upload_status=UploadStatus.WAITING)
        if not waiting.update(deleted_at=timezone.now()):
            raise UserError(
                "upload.completed", "This upload is complete: it is a video now. Delete the video instead.", status=409
            )
        Upload.objects.filter(pk=upload.pk).delete()
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
    if Video.objects.filter(upload_status=UploadStatus.UPLOADED).advance(video_id, to=UploadStatus.REJECTED):
        _mark(video_id, rejected=True)


def video_reconsider(*, video_id: UUID) -> None:
    """Take a rejected source as one that may be usable after all."""
    rejected = Video.objects.filter(upload_status=UploadStatus.REJECTED)
    if rejected.advance(video_id, to=UploadStatus.UPLOADED, rejection=""):
        _mark(video_id, rejected=False)


def _mark(video_id: UUID, *, rejected: bool) -> None:
    key = keys.source_key(video_id)
    transaction.on_commit(lambda: get_store().mark_rejected(key, rejected=rejected), robust=True)


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
