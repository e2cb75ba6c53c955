"""S3 to SQS: who may send to the queue, which is there already."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from uploads.bucket import wanted
from uploads.bucket.by_hand import aws_command
from uploads.bucket.item import Item
from uploads.bucket.policies import Policy, has_statement, policy_of, statement, text_of, with_statement
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_sqs.literals import QueueAttributeNameType


def queue_arn() -> str:
    """Return the name by which S3 knows the queue of the settings."""
    return wanted.queue_arn(settings.S3_EVENT_QUEUE_URL, settings.S3_REGION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The queue's policy, and whether what nobody can read goes to another queue in the end."""

    policy: Policy
    has_dead_letters: bool


class QueuePolicy(Item[Found]):
    name = "SQS queue policy"

    def promise(self) -> str:
        return "The bucket may send to the queue."

    def read(self) -> Found:
        asked = aws.sqs().get_queue_attributes(
            QueueUrl=settings.S3_EVENT_QUEUE_URL, AttributeNames=["Policy", "RedrivePolicy"]
        )
        attributes = asked.get("Attributes", {})
        return Found(
            policy=policy_of(attributes.get("Policy")), has_dead_letters=bool(attributes.get("RedrivePolicy"))
        )

    def differs(self, found: Found) -> str:
        return "" if has_statement(found.policy, self._statement()) else "The bucket may not send to the queue."

    def write(self, found: Found) -> None:
        aws.sqs().set_queue_attributes(QueueUrl=settings.S3_EVENT_QUEUE_URL, Attributes=self._changed(found))

    def commands(self, found: Found) -> tuple[str, ...]:
        url, attributes = settings.S3_EVENT_QUEUE_URL, self._changed(found)
        return (aws_command("sqs", "set-queue-attributes", queue_url=url, attributes=attributes),)

    def addition(self) -> Mapping[str, object]:
        return {"Statement": [self._statement()]}

    def remark(self, found: Found) -> str:
        if found.has_dead_letters:
            return ""
        return (
            "The queue has no RedrivePolicy: messages that cannot be read come back until they are too old. "
            "Give it a dead-letter queue."
        )

    def _changed(self, found: Found) -> "dict[QueueAttributeNameType, str]":
        return {"Policy": text_of(with_statement(found.policy, self._statement()))}

    def _statement(self) -> Policy:
        return statement(action="sqs:SendMessage", arn=queue_arn(), bucket=settings.S3_BUCKET)
