"""Sources and renditions in S3, or on a server that speaks its protocol."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from io import FileIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from urllib3.exceptions import HTTPError

from transcoding.worker.background import watched
from transcoding.worker.errors import PlatformError, TranscodeError
from transcoding.worker.patience import Patience
from transcoding.worker.storage import disk_errors, replaced
from transcoding.worker.storage_spec import S3StorageSpec, SourceObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, GetObjectRequestTypeDef

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
READ_SECONDS = 15
PATIENCE_SECONDS = 40.0
"""Together with the last try's own limits, less than the minute after which an attempt counts as stalled."""
CHUNK_BYTES = 256 * 1024
SENT_BYTES = 16 * 1024
CONNECTIONS = 16

CONTENT_TYPES = {".m4s": "video/iso.segment", ".mp4": "video/mp4", ".jpg": "image/jpeg", ".vtt": "text/vtt"}
# Every attempt has a prefix of its own, so what is under a key never changes.
CACHE_CONTROL = "public, max-age=31536000, immutable"

S3_ERRORS = (BotoCoreError, ClientError, HTTPError)
GONE = frozenset({"NoSuchKey", "NoSuchVersion"})
PRECONDITION_FAILED = 412
PASSING_STATUSES = frozenset({408, 409, 429})
# Said with status 400, but of a connection that was cut or a body that was damaged on the way.
PASSING_CODES = frozenset({"RequestTimeout", "IncompleteBody", "BadDigest", "XAmzContentChecksumMismatch"})

T = TypeVar("T")


class S3Storage:
    """Objects in one bucket. What the server or the network fails to do is tried again for `patience_seconds`."""

    def __init__(self, spec: S3StorageSpec, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._bucket = spec.bucket
        self._client = _client(spec)
        self._patience_seconds = patience_seconds

    def size(self, source: SourceObject, *, check: Callable[[], None]) -> int:
        def ask(check: Callable[[], None]) -> int:
            return self._patiently("GetObject", lambda _: self._length(source), check=check, source=source)

        return watched(ask, check=check)

    def download(self, source: SourceObject, path: Path, *, check: Callable[[], None]) -> None:
        def fetch(check: Callable[[], None]) -> None:
            with disk_errors(source.key), path.open("xb") as file:
                download = _Download(self._get, source, file, check=check)
                self._patiently("GetObject", download.go_on, check=check, source=source)

        watched(fetch, check=check)

    def publish(self, path: Path, key: str, *, check: Callable[[], None]) -> None:
        content_type = CONTENT_TYPES.get(path.suffix, "application/octet-stream")

        def put(_patience: Patience) -> None:
            with _CheckedFile(path, check) as body:
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, CacheControl=CACHE_CONTROL
                )

        self._patiently("PutObject", put, check=check)

    def delete(self, key: str) -> None:
        try:
            self._client.delete_object(Bucket=self._bucket, Key=key)
        except S3_ERRORS as error:
            raise failure_of("DeleteObject", error) from error

    def _patiently(
        self,
        call: str,
        work: Callable[[Patience], T],
        *,
        check: Callable[[], None],
        source: SourceObject | None = None,
    ) -> T:
        patience = Patience(self._patience_seconds, check=check)
        while True:
            try:
                return work(patience)
            except S3_ERRORS as error:
                failure = failure_of(call, error, source)
                if failure.code != "platform.storage":
                    raise failure from error
                log.warning("%s", failure.message)
                patience.wait(failure)

    def _length(self, source: SourceObject) -> int:
        # GET instead of HEAD, whose refusals have no body and so no reason.
        answer = self._get(source, 0)
        answer["Body"].close()
        return answer["ContentLength"]

    def _get(self, source: SourceObject, start: int) -> "GetObjectOutputTypeDef":
        request: GetObjectRequestTypeDef = {"Bucket": self._bucket, "Key": source.key}
        if source.etag:
            request["IfMatch"] = '"{}"'.format(source.etag.strip('"'))
        if source.version:
            request["VersionId"] = source.version
        if start:
            request["Range"] = f"bytes={start}-"
        return self._client.get_object(**request)


class _Download:
    """A source on its way into a file, over as many connections as it takes."""

    def __init__(
        self,
        get: "Callable[[SourceObject, int], GetObjectOutputTypeDef]",
        source: SourceObject,
        file: IO[bytes],
        *,
        check: Callable[[], None],
    ) -> None:
        self._get = get
        self._source = source
        self._file = file
        self._check = check

    def go_on(self, patience: Patience) -> None:
        """Bring what is missing; when that fails, the next call starts where this one ended."""
        start = self._file.tell()
        answer = self._get(self._source, start)
        # Whichever mark we were given, or none: all further bytes are of the object whose first bytes we have.
        self._source = replace(self._source, etag=answer["ETag"])
        if start and not answer.get("ContentRange", "").startswith(f"bytes {start}-"):
            self._start_anew()  # a server that knows no ranges sends everything again
        total = self._file.tell() + answer["ContentLength"]
        with contextlib.closing(answer["Body"]) as body:
            try:
                while block := body.read(CHUNK_BYTES):
                    self._check()
                    self._file.write(block)
                    patience.start_anew()
            except FlexibleChecksumError:
                self._start_anew()
                raise
        if self._file.tell() != total:
            raise IncompleteReadError(actual_bytes=self._file.tell(), expected_bytes=total)

    def _start_anew(self) -> None:
        self._file.seek(0)
        self._file.truncate()


class _CheckedFile(FileIO):
    """A file that is sent no further once `check` raises; botocore hides that, and asks its caller again."""

    def __init__(self, path: Path, check: Callable[[], None]) -> None:
        super().__init__(path)
        self._check = check

    def read(self, size: int | None = -1, /) -> bytes:
        self._check()
        # Each block has only so long to get out: small ones do on a slow network as well.
        return super().read(-1 if size is None or size < 0 else min(size, SENT_BYTES))


def failure_of(call: str, error: Exception, source: SourceObject | None = None) -> TranscodeError:
    """Say what an error means; `platform.storage` alone is worth another try.

    The text has the server's code and never its message, in which there may be keys and signatures.
    """
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        if source and status == PRECONDITION_FAILED:
            return replaced()
        if source and code in GONE:
            return replaced() if source.version else _missing()
        passing = status in PASSING_STATUSES or code in PASSING_CODES
        if not passing and status < 500:  # noqa: PLR2004 — HTTP's own border between "you" and "we"
            # Whoever may not list a bucket is not told that an object is missing.
            return _refused(
                f"S3 refused {call}: {code}.", also=", and whether the source is still there" if source else ""
            )
        return PlatformError("platform.storage", f"S3 failed to do {call}: {code or status}.")
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return _refused(f"The transcoder has no AWS credentials for {call}.")
    return PlatformError("platform.storage", f"S3 did not answer {call}: {type(error).__name__}.")


def _missing() -> PlatformError:
    return PlatformError("platform.source-missing", "The source is not in the bucket.")


def _refused(what: str, *, also: str = "") -> PlatformError:
    advice = f"Look at the transcoder's credentials and at the policy of the bucket{also}."
    return PlatformError("platform.storage-refused", f"{what} {advice}")


def _client(spec: S3StorageSpec) -> "S3Client":
    given = spec.credentials
    session = boto3.Session(
        aws_access_key_id=given.access_key_id if given else None,
        aws_secret_access_key=given.secret_access_key if given else None,
        aws_session_token=given.session_token if given else None,
        region_name=spec.region,
    )
    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 1},  # ours can be stopped in between
        max_pool_connections=CONNECTIONS,
        signature_version="s3v4",
        s3={"addressing_style": "path" if spec.addressing == "path" else "virtual"},
        request_checksum_calculation="when_required" if spec.checksums == "when_required" else "when_supported",
        response_checksum_validation="when_required" if spec.checksums == "when_required" else "when_supported",
    )
    return session.client("s3", endpoint_url=spec.endpoint or None, config=config)
