"""The local store's side of a presigned URL: PUT a part, GET an object. The signature is the only credential."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from uploads import keys
from uploads.stores import NoSuchUpload, StoreError, get_store, signing
from uploads.stores.local import LocalStore

CHUNK_BYTES = 256 * 1024
CONTENT_TYPES = {
    ".m4s": "video/iso.segment",
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".vtt": "text/vtt",
}
RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})|bytes=-([0-9]{1,18})")

logger = logging.getLogger(__name__)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "PUT"])
def store_object(request: HttpRequest, key: str) -> HttpResponseBase:
    """Serve or take what the signature allows, and nothing else."""
    store = get_store()
    method = "GET" if request.method == "HEAD" else str(request.method)
    if not isinstance(store, LocalStore):
        return _error(404, "not-found", "There is nothing here.")
    if not keys.is_safe(key) or not signing.verify(method, key, request.GET.dict()):
        return _error(403, "store.refused", "This link is not valid, or no longer. Ask for a new one.")
    if method == "PUT":
        return _put_part(request, store, key)
    return _get(request, store, key)


def _put_part(request: HttpRequest, store: LocalStore, key: str) -> HttpResponse:
    declared = request.headers.get("Content-Length")
    if declared is None:
        return _error(411, "store.no-length", "Send a Content-Length.")
    if declared != request.GET["length"]:
        return _error(400, "store.wrong-length", f"This part is {request.GET['length']} bytes, not {declared}.")
    try:
        etag = store.put_part(
            key, request.GET["upload"], int(request.GET["part"]), iter(lambda: request.read(CHUNK_BYTES), b"")
        )
    except NoSuchUpload:
        return _error(404, "store.no-upload", "This upload is finished or was given up.")
    except StoreError:
        logger.exception("A part of %s could not be stored", key)
        return _error(503, "store.failed", "The storage could not take this. Try again in a moment.")
    return HttpResponse(headers={"ETag": f'"{etag}"'})


def _get(request: HttpRequest, store: LocalStore, key: str) -> HttpResponseBase:
    stored = store.head(key)
    if stored is None:
        return _error(404, "not-found", "There is nothing here.")
    path, size = store.object_path(key), stored.size_bytes
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": f'"{stored.etag}"',
        "Cache-Control": f"private, max-age={settings.PLAYBACK_URL_SECONDS}, immutable",
        "Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream"),
        "X-Content-Type-Options": "nosniff",
    }
    if path.suffix not in CONTENT_TYPES:
        name = request.GET.get("name", "")
        headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or "attachment"
    held = {etag.removeprefix("W/") for etag in parse_etags(request.headers.get("If-None-Match", ""))}
    if held & {headers["ETag"], "*"}:
        return HttpResponse(status=304, headers=headers)
    status, (start, end) = 200, (0, size)
    # A range of a version that is no longer there would be sewn to bytes it does not belong to.
    same_version = request.headers.get("If-Range", headers["ETag"]) == headers["ETag"]
    if same_version and (match := RANGE.fullmatch(request.headers.get("Range", ""))):
        start, end = range_of(match, size)
        if start >= end:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(_read(path, start, end), status=status, headers=headers)


def range_of(match: re.Match[str], size: int) -> tuple[int, int]:
    """Return the half-open byte range asked for; it is empty when it cannot be met (RFC 9110 §14).

    >>> [range_of(RANGE.fullmatch(f"bytes={asked}"), 10) for asked in ("2-4", "8-", "-3", "12-")]
    [(2, 5), (8, 10), (7, 10), (12, 10)]
    """
    first, last, suffix = match.groups()
    if suffix:
        return max(0, size - int(suffix)), size
    return int(first), min(size, int(last) + 1) if last else size


async def _read(path: Path, start: int, end: int) -> AsyncIterator[bytes]:
    """Read in threads: under ASGI a plain generator would be read into memory whole."""
    with await asyncio.to_thread(path.open, "rb") as file:
        await asyncio.to_thread(file.seek, start)
        while start < end and (chunk := await asyncio.to_thread(file.read, min(CHUNK_BYTES, end - start))):
            start += len(chunk)
            yield chunk


def _error(status: int, code: str, message: str) -> JsonResponse:
    return JsonResponse({"code": code, "message": message}, status=status)
