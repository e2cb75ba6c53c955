"""A source made of the parts that have arrived, when they all have."""

from uploads.errors import UserError
from uploads.models import Upload
from uploads.planning import part_count, part_length
from uploads.stores import StoredPart, StoreError, get_store


def source_make(upload: Upload) -> None:
    """Make the source of its parts, unless it is there; what the client says of them is not asked.

    Raises UserError naming the parts that are missing, StoreError when the store fails.
    """
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
    size_bytes, part_size = upload.video.size_bytes, upload.part_size_bytes
    parts = get_store().list_parts(upload.video.source_key, upload.store_upload_id)
    held = {part.number: part for part in parts}
    count = part_count(size_bytes, part_size)
    missing = [
        n
        for n in range(1, count + 1)
        if n not in held or held[n].size_bytes != part_length(n, size_bytes=size_bytes, part_size_bytes=part_size)
    ]
    if missing:
        raise UserError(
            "upload.incomplete",
            f"{len(missing)} of {count} parts have not arrived. Send them, then complete again.",
            status=409,
            missing=missing[:1000],
        )
    return [held[n] for n in range(1, count + 1)]
