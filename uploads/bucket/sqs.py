"""S3 to SQS: who may send to the queue, which is there already."""

from django.conf import settings

from uploads.bucket import wanted
from uploads.bucket.by_hand import aws_command
from uploads.bucket.item import Item
from uploads.bucket.policies import Policy, has_statement, policy_of, text_of, with_statement
from uploads.stores import aws


def queue_arn() -> str:
    """Return the name by which S3 knows the queue of the settings."""
    return wanted.queue_arn(settings.S3_EVENT_QUEUE_URL, settings.S3_REGION)


class QueuePolicy(Item[Policy]):
    name = "SQS queue policy"

    def promise(self) -> str:
        return "The bucket may send to the queue."

    def read(self) -> Policy:
        answer = aws.sqs().get_queue_attributes(QueueUrl=settings.S3_EVENT_QUEUE_URL, AttributeNames=["Policy"])
        return policy_of(answer.get("Attributes", {}).get("Policy"))

    def differs(self, found: Policy) -> str:
        return "" if has_statement(found, self._statement()) else "The bucket may not send to the queue."

    def write(self, found: Policy) -> None:
        policy = text_of(with_statement(found, self._statement()))
        aws.sqs().set_queue_attributes(QueueUrl=settings.S3_EVENT_QUEUE_URL, Attributes={"Policy": policy})

    def commands(self, found: Policy | None) -> tuple[str, ...]:
        url, policy = settings.S3_EVENT_QUEUE_URL, with_statement(found or policy_of(None), self._statement())
        look = aws_command("sqs", "get-queue-attributes", queue_url=url, attribute_names="Policy")
        put = aws_command("sqs", "set-queue-attributes", queue_url=url, attributes={"Policy": text_of(policy)})
        return (put,) if found is not None else (look, put)

    def _statement(self) -> Policy:
        return wanted.statement(action="sqs:SendMessage", arn=queue_arn(), bucket=settings.S3_BUCKET)
