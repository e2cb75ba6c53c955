"""The one place where the site makes AWS clients; what speaks to S3, SNS, SQS or ECS asks here.

Credentials come from the standard AWS chain: environment, shared files, container or instance role.
"""

from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import md5
from typing import TYPE_CHECKING, Literal, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError
from django.conf import settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

AwsError = (BotoCoreError, ClientError)
"""What a client raises when the call did not succeed, for `except`."""

Addressing = Literal["auto", "virtual", "path"]
Checksums = Literal["when_supported", "when_required"]

CONNECT_SECONDS = 5
READ_SECONDS = 15
PATIENT_READ_SECONDS = 120
"""For what takes the store itself long: making one object of 10,000 parts."""
TRIES = 3
ECS_TRIES = 2
"""The sweep asks again soon, and Celery is there: nobody waits for a third."""


@cache
def _session() -> boto3.Session:
    return boto3.Session(region_name=settings.S3_REGION)


def _config(*, read_seconds: float | None = None, tries: int = TRIES) -> Config:
    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=read_seconds or READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": tries},
    )


@cache
def s3() -> "S3Client":
    """Return the client of the bucket's server; it may be used by many threads."""
    return _s3(settings.S3_ENDPOINT_URL)


@cache
def s3_patient() -> "S3Client":
    """Return a client for the one call that may take minutes."""
    return _s3(settings.S3_ENDPOINT_URL, read_seconds=PATIENT_READ_SECONDS)


@cache
def s3_public() -> "S3Client":
    """Return a client that signs for the address which browsers use."""
    return _s3(settings.S3_PUBLIC_ENDPOINT_URL)


def _s3(endpoint_url: str, *, read_seconds: float | None = None) -> "S3Client":
    if credentials() is None:
        # A client keeps what it was made with: one made without any would never find those that come later.
        raise NoCredentialsError
    config = s3_config(read_seconds=read_seconds)
    client = _session().client("s3", endpoint_url=endpoint_url or None, config=config)
    if settings.S3_CHECKSUMS == "when_required":
        client.meta.events.register("before-sign.s3", _add_content_md5)
    return client


def _add_content_md5(request: "AWSRequest", **_: object) -> None:
    """Where S3 requires a checksum, the SDK sends one that older servers do not know: they want this one."""
    body, headers = request.body, request.headers
    if isinstance(body, bytes) and "x-amz-sdk-checksum-algorithm" in headers and "Content-MD5" not in headers:
        headers["Content-MD5"] = b64encode(md5(body, usedforsecurity=False).digest()).decode()


def s3_config(*, read_seconds: float | None = None) -> Config:
    """Return how to speak to the bucket's server."""
    checksums = cast(Checksums, settings.S3_CHECKSUMS)
    special = Config(
        max_pool_connections=32,
        # For a custom endpoint boto3 would still sign by version 2.
        signature_version="s3v4",
        s3={"addressing_style": cast(Addressing, settings.S3_ADDRESSING)},
        # Some servers refuse the checksum trailers that newer SDKs send on their own.
        request_checksum_calculation=checksums,
        response_checksum_validation=checksums,
    )
    return _config(read_seconds=read_seconds).merge(special)


@cache
def sns(region: str = "") -> "SNSClient":
    """Return the client of Amazon SNS in a region: S3_REGION where none is named."""
    return _session().client("sns", region_name=region or None, config=_config())


@cache
def ceph_topics() -> "SNSClient":
    """Return the client of a Ceph gateway's own topics, which answer SNS calls at the bucket's server."""
    return _session().client("sns", endpoint_url=settings.S3_ENDPOINT_URL or None, config=_config())


@cache
def sqs() -> "SQSClient":
    """Return the client of Amazon SQS."""
    return _session().client("sqs", config=_config())


@cache
def ecs() -> "ECSClient":
    """Return the client of Amazon ECS, which starts the transcoders."""
    return _session().client("ecs", region_name=settings.ECS_REGION, config=_config(tries=ECS_TRIES))


def credentials() -> "ReadOnlyCredentials | None":
    """Return the credentials that sign now, or None where the chain finds none; roles change theirs every hour."""
    found = _session().get_credentials()
    return found.get_frozen_credentials() if found else None


def forget_clients() -> None:
    """Make every client anew, from the settings and credentials of now."""
    for made in (_session, s3, s3_patient, s3_public, sns, ceph_topics, sqs, ecs):
        made.cache_clear()


def error_code(error: BaseException) -> str:
    """Return the service's code of an error, such as NoSuchKey; an HTTP status where it gave none ("404")."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", ""))
    return type(error).__name__


def error_message(error: BaseException) -> str:
    """Return the service's own words about an error."""
    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Message", ""))
    return str(error)


def error_facts(error: BaseException) -> Mapping[str, object]:
    """Return what else an error's answer holds, such as the ids of the resources in its way."""
    return cast(Mapping[str, object], error.response) if isinstance(error, ClientError) else {}
