"""Credentials that may do what the manual says they need, and nothing else."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSResponse

from uploads.stores import aws

if TYPE_CHECKING:
    from botocore.model import OperationModel

MANUAL = Path("docs/object-storage.md")
ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
}
"""What an operation of S3 is called in a policy, where it is called otherwise; elsewhere the names are the same."""


def documented(*, of: str) -> set[str]:
    """Return the actions of the first policy that follows these words in the manual."""
    after = MANUAL.read_text().split(of, 1)[1]
    found = re.search(r"```json\n(.*?)```", after, re.DOTALL)
    assert found, of
    statements = json.loads(found[1])["Statement"]
    return {action for one in statements for action in one["Action"]}


@contextmanager
def allowed_only(actions: set[str]) -> Iterator[set[str]]:
    """Refuse everything else, in the words in which Amazon does it; give what was asked for."""
    asked: set[str] = set()

    def decide(model: "OperationModel", **_: object) -> Any:
        service = model.service_model.service_name
        action = f"{service}:{ACTIONS.get(model.name, model.name)}"
        asked.add(action)
        if action in actions:
            return None
        code = "AuthorizationError" if service == "sns" else "AccessDenied"
        answer = {"Error": {"Code": code, "Message": model.name}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        return AWSResponse("", 403, {}, None), answer  # type: ignore[arg-type]  # there is no body to read

    clients = (aws.s3(), aws.sns(), aws.sqs())
    for client in clients:
        client.meta.events.register("before-call", decide)
    yield asked
    for client in clients:
        client.meta.events.unregister("before-call", decide)
