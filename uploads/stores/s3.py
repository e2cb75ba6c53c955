"""The object store on S3, or on a server that speaks its protocol (docs/object-storage.md).

A file of one part is a single PUT, which the server refuses when there is an object already; a larger one is a
multipart upload. The site asks ListParts and HEAD what there is, and never believes an answer to Complete: it may be
lost, may say "200" with an error inside, or may lack its ETag.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.utils import timezone

from uploads import keys
from uploads.stores import aws
from uploads.stores.addresses import bucket_address
from uploads.stores.base import (
    NoSuchUpload,
    OpenUpload,
    SignedForm,
    SignedPut,
    StoredObject,
    StoredPart,
    StoreError,
)
from uploads.stores.sigv4 import Credentials, Presigner

logger = logging.getLogger(__name__)

SINGLE = "PUT"
"""Stands for the upload id of a file that is sent by one PUT."""
REJECTED_TAG = {"Key": "vidsite", "Value": "rejected"}
MAX_FORM_BYTES = 5 * 1024**3
"""S3's limit on one PUT or POST."""
NOT_FOUND = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})
"""Servers differ in what they call an upload or object that is not there."""
NOT_OFFERED = frozenset({"NotImplemented", "MethodNotAllowed", "501", "405"})


class S3Store:
    """A Store in one bucket, with the addresses and credentials of the settings."""

    list_page = 1000
    """Parts and keys to ask for at once: the most that S3 gives."""

    def __init__(self, bucket: str) -> None:
        self._bucket = bucket
        self._address = bucket_address(
            bucket=bucket,
            region=settings.S3_REGION,
            endpoint_url=settings.S3_PUBLIC_ENDPOINT_URL,
            addressing=settings.S3_ADDRESSING,
        )

    @property
    def bucket(self) -> str:
        return self._bucket

    @property
    def signer_id(self) -> str:
        return self._credentials().access_key

    def create_upload(self, key: str, *, content_type: str, size_bytes: int, part_size_bytes: int) -> str:
        if size_bytes <= part_size_bytes:
            return SINGLE
        with _asked("open an upload"):
            kind = _content_type(content_type)
            return aws.s3().create_multipart_upload(Bucket=self._bucket, Key=key, ContentType=kind)["UploadId"]

    def sign_parts(
        self, key: str, upload_id: str, lengths: Mapping[int, int], *, content_type: str, expires_at: datetime
    ) -> dict[int, SignedPut]:
        presigner, now = self._presigner(), timezone.now()
        if upload_id == SINGLE:
            # The browser sets Content-Length itself, and would not let a script do it.
            headers = {"Content-Type": _content_type(content_type), "If-None-Match": "*"}
            bound = {**headers, "Content-Length": str(lengths[1])}
            url = presigner.url("PUT", key, starts_at=now, expires_at=expires_at, headers=bound)
            return {1: SignedPut(url=url, headers=headers)}
        return {
            number: SignedPut(
                url=presigner.url(
                    "PUT", key, starts_at=now, expires_at=expires_at,
                    params={"partNumber": str(number), "uploadId": upload_id},
                    headers={"Content-Length": str(length)},
                )
            )
            for number, length in lengths.items()
        }  # fmt: skip

    def sign_form(self, key: str, *, content_type: str, size_bytes: int, expires_at: datetime) -> SignedForm | None:
        if size_bytes > MAX_FORM_BYTES:
            return None
        fixed = {"Content-Type": _content_type(content_type), "success_action_status": "201"}
        conditions: list[Any] = [{name: value} for name, value in fixed.items()]
        seconds = int((expires_at - timezone.now()).total_seconds())
        with _asked("sign a form"):
            form = aws.s3_public().generate_presigned_post(
                self._bucket,
                key,
                Fields=fixed,
                Conditions=[*conditions, ["content-length-range", size_bytes, size_bytes]],
                ExpiresIn=seconds,
            )
        # boto3 would send it to another of the bucket's addresses in some regions, which pages may not talk to.
        return SignedForm(url=f"{self._address.origin}{self._address.base_path or '/'}", fields=form["fields"])

    def list_parts(self, key: str, upload_id: str) -> list[StoredPart]:
        if upload_id == SINGLE:
            whole = self.head(key)
            return [StoredPart(number=1, size_bytes=whole.size_bytes, etag=whole.etag)] if whole else []
        try:
            with _asked("list the parts"):
                paginator = aws.s3().get_paginator("list_parts")
                return [
                    StoredPart(number=part["PartNumber"], size_bytes=part["Size"], etag=part["ETag"].strip('"'))
                    for page in paginator.paginate(
                        Bucket=self._bucket, Key=key, UploadId=upload_id, PaginationConfig={"PageSize": self.list_page}
                    )
                    for part in page.get("Parts", [])
                ]
        except NoSuchUpload:
            return []

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[StoredPart]) -> None:
        if upload_id == SINGLE:
            if self.head(key) is None:
                raise StoreError("the file has not arrived")
            return
        made_of = sorted(parts, key=lambda part: part.number)  # not every server minds, AWS does
        listed = {"Parts": [{"PartNumber": part.number, "ETag": part.etag} for part in made_of]}
        try:
            self._complete(Key=key, UploadId=upload_id, MultipartUpload=listed, IfNoneMatch="*")
        except _NotOffered:  # a server that does not know the condition; the site itself completes an upload once
            self._complete(Key=key, UploadId=upload_id, MultipartUpload=listed)

    def _complete(self, **upload: Any) -> None:  # noqa: ANN401 — the call's own arguments
        with _asked("complete the upload"):
            aws.s3_patient().complete_multipart_upload(Bucket=self._bucket, **upload)

    def abort_upload(self, key: str, upload_id: str) -> None:
        if upload_id == SINGLE:
            return
        try:
            with _asked("abort the upload"):
                aws.s3().abort_multipart_upload(Bucket=self._bucket, Key=key, UploadId=upload_id)
        except NoSuchUpload:
            return

    def open_uploads(self) -> Iterator[OpenUpload]:
        with _asked("list the open uploads"):
            paginator = aws.s3().get_paginator("list_multipart_uploads")
            for page in paginator.paginate(
                Bucket=self._bucket, Prefix=keys.SOURCES, PaginationConfig={"PageSize": self.list_page}
            ):
                for upload in page.get("Uploads", []):
                    yield OpenUpload(key=upload["Key"], upload_id=upload["UploadId"], started_at=upload["Initiated"])

    def head(self, key: str) -> StoredObject | None:
        try:
            with _asked("describe an object"):
                found = aws.s3().head_object(Bucket=self._bucket, Key=key)
        except NoSuchUpload:
            return None
        return StoredObject(
            size_bytes=found["ContentLength"],
            etag=found["ETag"].strip('"'),
            version_id="" if (version := found.get("VersionId", "")) == "null" else version,
        )

    def sign_get(self, key: str, *, starts_at: datetime, expires_at: datetime, download_name: str = "") -> str:
        params = {}
        if download_name:
            params["response-content-disposition"] = f"attachment; filename*=UTF-8''{quote(download_name, safe='')}"
        return self._presigner().url("GET", key, starts_at=starts_at, expires_at=expires_at, params=params)

    def mark_rejected(self, key: str, *, rejected: bool) -> None:
        try:
            with _asked("tag an object"):
                if rejected:
                    tags: Any = {"TagSet": [REJECTED_TAG]}
                    aws.s3().put_object_tagging(Bucket=self._bucket, Key=key, Tagging=tags)
                else:
                    aws.s3().delete_object_tagging(Bucket=self._bucket, Key=key)
        except (NoSuchUpload, _NotOffered):
            return  # gone, or a server without tags: there the sweep alone removes it

    def delete_prefix(self, prefix: str) -> None:
        if not prefix.endswith("/"):
            raise ValueError(f"not a prefix: {prefix!r}")
        with _asked("delete objects"):
            paginator = aws.s3().get_paginator("list_objects_v2")
            for page in paginator.paginate(
                Bucket=self._bucket, Prefix=prefix, PaginationConfig={"PageSize": self.list_page}
            ):
                if not (found := page.get("Contents", [])):
                    continue
                answer = aws.s3().delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": one["Key"]} for one in found], "Quiet": True}
                )
                if failed := answer.get("Errors"):
                    raise StoreError(f"{len(failed)} objects under {prefix} stay: {failed[0].get('Code')}")

    def worker_access(self) -> dict[str, Any]:
        own = settings.S3_WORKER_ACCESS_KEY_ID
        secret = settings.S3_WORKER_SECRET_ACCESS_KEY
        return {
            "kind": "s3",
            "bucket": self._bucket,
            "region": settings.S3_REGION,
            "endpoint": settings.S3_ENDPOINT_URL,
            "addressing": settings.S3_ADDRESSING,
            "checksums": settings.S3_CHECKSUMS,
            "credentials": {"accessKeyId": own, "secretAccessKey": secret} if own else None,
        }

    def _presigner(self) -> Presigner:
        return Presigner(address=self._address, region=settings.S3_REGION, credentials=self._credentials())

    def _credentials(self) -> Credentials:
        with _asked("find credentials"):
            found = aws.credentials()
        if found is None:
            raise StoreError("there are no AWS credentials: set AWS_ACCESS_KEY_ID and its secret, or a role")
        return Credentials(
            access_key=found.access_key or "", secret_key=found.secret_key or "", token=found.token or ""
        )


class _NotOffered(StoreError):
    """The server does not know this call."""


@contextmanager
def _asked(what: str) -> Iterator[None]:
    """Turn what boto3 raises into the store's own errors."""
    try:
        yield
    except aws.AwsError as error:
        code = aws.error_code(error)
        if code in NOT_FOUND:
            raise NoSuchUpload(f"there is no such thing in the store ({what}: {code})") from error
        if code in NOT_OFFERED:
            raise _NotOffered(f"the store cannot {what}: {code}") from error
        raise StoreError(f"the store did not {what}: {error}") from error


def _content_type(content_type: str) -> str:
    """Every signature names one: a browser would make one up for a file that it does not know.

    Without the spaces that browsers and signatures leave out, each in its own way.
    """
    return " ".join(content_type.split()) or "application/octet-stream"
