"""The object store behind one interface; settings choose which."""

from functools import cache

from django.conf import settings

from uploads.stores.base import (
    NoSuchUpload,
    OpenUpload,
    SignedForm,
    SignedPut,
    Store,
    StoredObject,
    StoredPart,
    StoreError,
)
from uploads.stores.local import LocalStore

__all__ = [
    "NoSuchUpload",
    "OpenUpload",
    "SignedForm",
    "SignedPut",
    "Store",
    "StoreError",
    "StoredObject",
    "StoredPart",
    "get_store",
]


@cache
def get_store() -> Store:
    """Return the store that settings.STORE names."""
    if settings.STORE == "s3":
        from uploads.stores.s3 import S3Store  # noqa: PLC0415 — boto3 takes a second to load, and most need it not

        return S3Store(settings.S3_BUCKET)
    return LocalStore(settings.STORE_DIR)
