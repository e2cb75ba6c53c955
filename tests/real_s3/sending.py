"""Uploads to the real server by the addresses that the site signs, and what comes back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from uuid import uuid4

import httpx
from django.utils import timezone

from uploads.keys import source_key
from uploads.stores.base import SignedForm, SignedPut
from uploads.stores.s3 import S3Store

MIB = 1024 * 1024
PART = 5 * MIB
"""S3 takes no smaller part, but for the last."""
VIDEO = "video/mp4"


@dataclass(frozen=True, kw_only=True)
class Sending:
    """An upload that the store has open, with the addresses of all its parts."""

    store: S3Store
    size_bytes: int
    upload_id: str
    key: str
    puts: Mapping[int, SignedPut] = field(repr=False)

    def complete(self) -> None:
        self.store.complete_upload(self.key, self.upload_id, self.store.list_parts(self.key, self.upload_id))


def lengths_of(size_bytes: int) -> dict[int, int]:
    """Return the length of each part."""
    starts = range(0, size_bytes, PART)
    return {number: min(PART, size_bytes - start) for number, start in enumerate(starts, 1)}


def open_upload(store: S3Store, size_bytes: int, *, content_type: str = VIDEO, key: str = "") -> Sending:
    """Open an upload and have all of it signed."""
    key = key or source_key(uuid4())
    upload_id = store.create_upload(key, content_type=content_type, size_bytes=size_bytes, part_size_bytes=PART)
    puts = store.sign_parts(key, upload_id, lengths_of(size_bytes), content_type=content_type, expires_at=in_an_hour())
    return Sending(store=store, size_bytes=size_bytes, upload_id=upload_id, key=key, puts=puts)


def in_an_hour() -> datetime:
    return timezone.now() + timedelta(hours=1)


def put(web: httpx.Client, signed: SignedPut, body: bytes, **headers: str | None) -> httpx.Response:
    """PUT as a browser does; a header given replaces the one that should be sent, None leaves it out."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in {**signed.headers, **names}.items() if value is not None}
    return web.put(signed.url, content=body, headers=sent)


def post(web: httpx.Client, form: SignedForm, body: bytes, **fields: str) -> httpx.Response:
    """POST a form as a browser does; a field given replaces the one that should be sent."""
    sent = {**form.fields, **{name.replace("_", "-"): value for name, value in fields.items()}}
    return web.post(form.url, data=sent, files={"file": ("film.mp4", body)})


def altered(signed: SignedPut, *, path: str = "", **params: str) -> SignedPut:
    """Return the same PUT with another path or other query parameters, and the old signature."""
    address = urlsplit(signed.url)
    query = {**dict(parse_qsl(address.query)), **{name.replace("_", "-"): value for name, value in params.items()}}
    changed = address._replace(path=path or address.path, query=urlencode(query, quote_via=quote, safe="-_.~"))
    return SignedPut(url=changed.geturl(), headers=signed.headers)


def unsigned(signed: SignedPut) -> SignedPut:
    """Return the same PUT without its signature; the part it is for stays."""
    address = urlsplit(signed.url)
    kept = [(name, value) for name, value in parse_qsl(address.query) if not name.startswith("X-Amz-")]
    return SignedPut(url=address._replace(query=urlencode(kept)).geturl(), headers=signed.headers)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return the status of an answer, and the code in its body."""
    code = re.search(r"<Code>(\w+)</Code>", answer.text)
    return answer.status_code, code[1] if code else ""
