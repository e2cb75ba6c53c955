"""The object store behind one interface; settings choose which."""

from functools import cache

from django.conf import settings

from uploads.stores.base import NoSuchUpload, Store, StoredObject, StoredPart, StoreError
from uploads.stores.local import LocalStore

__all__ = ["NoSuchUpload", "Store", "StoreError", "StoredObject", "StoredPart", "get_store"]


@cache
def get_store() -> Store:
    """Return the store that settings.STORE names."""
    return LocalStore(settings.STORE_DIR)
