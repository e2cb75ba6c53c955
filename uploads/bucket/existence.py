"""The bucket itself."""

from typing import TYPE_CHECKING, cast

from django.conf import settings

from uploads.bucket.by_hand import s3api
from uploads.bucket.item import Item
from uploads.bucket.refusals import Refusal, Unreachable, code_of, refusal, status_of
from uploads.bucket.wanted import is_aws
from uploads.stores import aws
from uploads.stores.aws import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import BucketLocationConstraintType
    from mypy_boto3_s3.type_defs import CreateBucketConfigurationTypeDef

DEFAULT_REGION = "us-east-1"
"""Where AWS makes a bucket of which no place is said; it refuses to be told this one."""


class Existence(Item[bool]):
    name = "bucket"

    def promise(self) -> str:
        return f"{settings.S3_BUCKET} is there."

    def read(self) -> bool:
        """Say whether it is there. Raises Unreachable when it is, but not for us."""
        bucket = settings.S3_BUCKET
        try:
            region = aws.s3().head_bucket(Bucket=bucket).get("BucketRegion", "")
        except AwsError as error:
            if status_of(error) == 404:  # noqa: PLR2004 — a HEAD has no body that would name the error
                return False
            if status_of(error):
                self._ask_why()
            raise
        # The SDK follows a bucket to its region; the URLs that browsers get would not.
        if is_aws(settings.S3_ENDPOINT_URL) and region and region != settings.S3_REGION:
            raise Unreachable(
                f"The bucket {bucket} lies in {region}, and S3_REGION is {settings.S3_REGION}: set S3_REGION={region}."
            )
        return True

    def _ask_why(self) -> None:
        """Ask again in a way that is answered by more than a number. Raises Unreachable, or AwsError."""
        bucket = settings.S3_BUCKET
        try:
            aws.s3().list_objects_v2(Bucket=bucket, MaxKeys=1)
        except AwsError as error:
            if status_of(error) == 301 or code_of(error) == "PermanentRedirect":  # noqa: PLR2004 — as above
                raise Unreachable(
                    f"The bucket {bucket} is reached at another address: set S3_REGION and S3_ENDPOINT_URL to it."
                ) from error
            if refusal(error) is Refusal.FORBIDDEN:
                raise Unreachable(
                    f"These credentials may not look into the bucket {bucket} ({code_of(error)}). If it is yours, "
                    "give them s3:ListBucket; if it is somebody else's, set S3_BUCKET to another name."
                ) from error
            raise

    def differs(self, found: bool) -> str:  # noqa: FBT001 — what was found is one answer
        return "" if found else f"There is no bucket {settings.S3_BUCKET}."

    def write(self, found: bool) -> None:  # noqa: FBT001 — as above
        place = self._place()
        if not place:
            aws.s3().create_bucket(Bucket=settings.S3_BUCKET)
            return
        try:
            aws.s3().create_bucket(Bucket=settings.S3_BUCKET, CreateBucketConfiguration=place)
        except AwsError as error:
            # To other servers the region is often only a word in signatures, and no place of theirs.
            if is_aws(settings.S3_ENDPOINT_URL) or code_of(error) != "InvalidLocationConstraint":
                raise
            aws.s3().create_bucket(Bucket=settings.S3_BUCKET)

    def _place(self) -> "CreateBucketConfigurationTypeDef | None":
        region = cast("BucketLocationConstraintType", settings.S3_REGION)
        return None if settings.S3_REGION == DEFAULT_REGION else {"LocationConstraint": region}

    def commands(self, found: bool) -> tuple[str, ...]:  # noqa: FBT001 — as above
        place = self._place()
        return (s3api("create-bucket", **({"create_bucket_configuration": place} if place else {})),)
