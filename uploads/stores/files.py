"""Django's own files (captions, chosen posters) in the same store as the videos, under `files/`."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils import timezone
from storages.backends.s3 import S3Storage

from uploads import keys
from uploads.stores import aws, get_store


class S3Files(S3Storage):  # type: ignore[misc]  # django-storages has no types
    """django-storages over the settings of the video store."""

    def get_default_settings(self) -> dict[str, object]:
        return {
            **super().get_default_settings(),
            "bucket_name": settings.S3_BUCKET,
            "region_name": settings.S3_REGION,
            "endpoint_url": settings.S3_ENDPOINT_URL or None,
            "client_config": aws.s3_config(),
            "location": keys.FILES,
            "file_overwrite": False,
        }

    def url(
        self,
        name: str,
        parameters: Mapping[str, object] | None = None,
        expire: int | None = None,
        http_method: str | None = None,
    ) -> str:
        """Return a presigned address at the endpoint that browsers know."""
        return _url(name, expire)


class LocalFiles(FileSystemStorage):
    """Files beside the objects of the local store, read by its presigned addresses."""

    def __init__(self) -> None:
        super().__init__(location=settings.STORE_DIR / "objects" / keys.FILES)

    def url(self, name: str | None) -> str:
        return _url(name or "")


def _url(name: str, seconds: int | None = None) -> str:
    now = timezone.now()
    until = now + timedelta(seconds=seconds or settings.PLAYBACK_URL_SECONDS)
    return get_store().sign_get(f"{keys.FILES}{name}", starts_at=now, expires_at=until)
