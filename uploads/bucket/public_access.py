"""That nobody without a signed URL sees anything, whatever an ACL or a policy says."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings

from uploads.bucket.by_hand import s3api
from uploads.bucket.item import Item, or_else
from uploads.bucket.wanted import is_aws
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import PublicAccessBlockConfigurationTypeDef as Block


class PublicAccess(Item["Block"]):
    name = "public access"
    without = "The store has no block of public access: see yourself that no policy opens the bucket."

    def promise(self) -> str:
        return "The public is kept out."

    def read(self) -> "Block":
        def ask() -> "Block":
            return aws.s3().get_public_access_block(Bucket=settings.S3_BUCKET)["PublicAccessBlockConfiguration"]

        none: Block = {}
        return or_else(ask, none, "NoSuchPublicAccessBlockConfiguration")

    def differs(self, found: "Block") -> str:
        wrong = [name for name, value in self._wanted(found).items() if found.get(name, False) != value]
        return f"The block of public access is not as it should be: {', '.join(wrong)}." if wrong else ""

    def write(self, found: "Block") -> None:
        aws.s3().put_public_access_block(Bucket=settings.S3_BUCKET, PublicAccessBlockConfiguration=self._wanted(found))

    def commands(self, found: "Block") -> tuple[str, ...]:
        return (s3api("put-public-access-block", public_access_block_configuration=self._wanted(found)),)

    def addition(self) -> Mapping[str, object]:
        # Only what is to be closed: what somebody else has closed, nobody shall open for us unseen.
        return {name: value for name, value in self._wanted({}).items() if value}

    def _wanted(self, found: "Block") -> "Block":
        if is_aws(settings.S3_ENDPOINT_URL):
            return {
                "BlockPublicAcls": True, "IgnorePublicAcls": True,
                "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
            }  # fmt: skip
        # Ceph takes the first for a reason to refuse the owner's own PUTs, and the third for one to refuse every
        # bucket policy, such as one for the transcoders: the third is left to whoever runs the store.
        return {
            "BlockPublicAcls": False, "IgnorePublicAcls": True,
            "BlockPublicPolicy": found.get("BlockPublicPolicy", False), "RestrictPublicBuckets": True,
        }  # fmt: skip
