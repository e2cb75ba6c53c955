"""What a transcoder is given to work on a test's bucket."""

import json
from dataclasses import dataclass
from uuid import uuid4

from tests.real_s3.ceph import Ceph, Keys
from tests.real_s3.conftest import Bucket
from transcoding.worker.storage_spec import S3Credentials, S3StorageSpec

SOURCE_KEY = "sources/video/source"


def go_on() -> None:
    """Never stop."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """A bucket and the transcoder's own keys to it."""

    bucket: str
    endpoint: str
    region: str
    keys: Keys

    def spec(self, *, endpoint: str = "", keys: Keys | None = None) -> S3StorageSpec:
        keys = keys or self.keys
        return S3StorageSpec(
            bucket=self.bucket,
            region=self.region,
            endpoint=endpoint or self.endpoint,
            addressing="path",
            checksums="when_required",
            credentials=S3Credentials(access_key_id=keys.access_key, secret_access_key=keys.secret_key),
        )


def give_access(ceph: Ceph, bucket: Bucket) -> Access:
    """Make a user who may do to this bucket what a transcoder has to, and nothing else."""
    name = f"transcoder-{uuid4().hex[:8]}"
    keys = ceph.make_user(name)
    owner = bucket.s3.get_bucket_acl(Bucket=bucket.name)["Owner"]["ID"]
    statements = [
        (name, ["s3:GetObject", "s3:GetObjectVersion"], "sources"),
        (name, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "renditions"),
        # Here an object belongs to the user who put it, and not to the bucket's owner, who has to show it.
        (owner, ["s3:GetObject"], "renditions"),
    ]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]},
                "Action": actions,
                "Resource": [f"arn:aws:s3:::{bucket.name}/{prefix}/*"],
            }
            for user, actions, prefix in statements
        ],
    }
    bucket.s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))
    return Access(bucket=bucket.name, endpoint=ceph.endpoint, region=ceph.region, keys=keys)
