"""Signing the parts of an upload: the store's own way, and boto3's."""

import secrets
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from bench.real_s3.figures import BenchError, spread
from uploads.keys import source_key
from uploads.planning import MIN_PART_BYTES
from uploads.stores import aws, get_store

PARTS = 1000
RUNS = 31
BOTO3_RUNS = 5
GOOD_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The milliseconds that each run took."""

    ours_ms: list[float]
    boto3_ms: list[float]

    @property
    def median_ms(self) -> float:
        return statistics.median(self.ours_ms)

    def lines(self) -> list[tuple[str, str]]:
        """Say in detail what was measured."""
        return [
            (f"signing {PARTS} parts, {RUNS} runs", spread(self.ours_ms, "ms")),
            (f"the same by boto3, {BOTO3_RUNS} runs", spread(self.boto3_ms, "ms")),
        ]


def compare() -> Signed:
    """Sign for another upload each time; a first run of each does not count."""
    ours_ms = [_milliseconds(_ours) for _ in range(1 + RUNS)]
    boto3_ms = [_milliseconds(_boto3) for _ in range(1 + BOTO3_RUNS)]
    return Signed(ours_ms=ours_ms[1:], boto3_ms=boto3_ms[1:])


def _milliseconds(sign: Callable[[str, str], list[str]]) -> float:
    key, upload_id = source_key(uuid4()), secrets.token_urlsafe(96)
    began = time.perf_counter()
    urls = sign(key, upload_id)
    seconds = time.perf_counter() - began
    if len(set(urls)) != PARTS:
        raise BenchError(f"There are {len(set(urls))} addresses for {PARTS} parts.")
    return seconds * 1000


def _ours(key: str, upload_id: str) -> list[str]:
    lengths = dict.fromkeys(range(1, PARTS + 1), MIN_PART_BYTES)
    puts = get_store().sign_parts(
        key, upload_id, lengths, content_type="video/mp4", expires_at=timezone.now() + GOOD_FOR
    )
    return [put.url for put in puts.values()]


def _boto3(key: str, upload_id: str) -> list[str]:
    place = {"Bucket": settings.S3_BUCKET, "Key": key, "UploadId": upload_id, "ContentLength": MIN_PART_BYTES}
    client, seconds = aws.s3_public(), int(GOOD_FOR.total_seconds())
    return [
        client.generate_presigned_url("upload_part", Params={**place, "PartNumber": number}, ExpiresIn=seconds)
        for number in range(1, PARTS + 1)
    ]
