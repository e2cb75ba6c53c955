"""S3 to SNS: the topic, and who may publish to it."""

from django.conf import settings

from uploads.bucket.by_hand import aws_command
from uploads.bucket.item import Item, NotYet
from uploads.bucket.policies import Policy, has_statement, policy_of, statement, text_of, with_statement
from uploads.bucket.wanted import topic_name
from uploads.stores import aws


class Topic(Item[str]):
    """Found: its ARN, or nothing where the settings name none: only who makes it is told the ARN."""

    name = "SNS topic"

    def __init__(self) -> None:
        self._made = ""

    @property
    def is_set(self) -> bool:
        """Whether the site believes what this topic sends."""
        return bool(_configured())

    def arn(self) -> str:
        """Return the topic of the settings, or else the one that was just made. Raises NotYet."""
        arn = _configured() or self._made
        if not arn:
            raise NotYet("There is no topic yet.")
        return arn

    def promise(self) -> str:
        arn = self.arn()
        return f"{arn} is there." if self.is_set else f"{arn} is there: set S3_EVENT_TOPIC_ARNS={arn}"

    def read(self) -> str:
        arn = _configured()
        if arn:
            aws.sns().get_topic_attributes(TopicArn=arn)
        return arn

    def differs(self, found: str) -> str:
        return "" if found else f"S3_EVENT_TOPIC_ARNS names no topic. The one to be made: {_name()}."

    def write(self, found: str) -> None:
        # One of this name that is there already stays as it is, and answers.
        self._made = aws.sns().create_topic(Name=_name())["TopicArn"]

    def commands(self, found: str) -> tuple[str, ...]:
        return (aws_command("sns", "create-topic", name=_name()),)


def _configured() -> str:
    return next((arn for arn in settings.S3_EVENT_TOPIC_ARNS if arn), "")


def _name() -> str:
    return topic_name(settings.S3_BUCKET)


class TopicPolicy(Item[Policy]):
    name = "SNS topic policy"

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    def promise(self) -> str:
        return "The bucket may publish to the topic."

    def read(self) -> Policy:
        return policy_of(aws.sns().get_topic_attributes(TopicArn=self._topic.arn())["Attributes"].get("Policy"))

    def differs(self, found: Policy) -> str:
        return "" if has_statement(found, self._statement()) else "The bucket may not publish to the topic."

    def write(self, found: Policy) -> None:
        policy = text_of(with_statement(found, self._statement()))
        aws.sns().set_topic_attributes(TopicArn=self._topic.arn(), AttributeName="Policy", AttributeValue=policy)

    def commands(self, found: Policy) -> tuple[str, ...]:
        arn, policy = self._topic.arn(), with_statement(found, self._statement())
        return (
            aws_command("sns", "set-topic-attributes", topic_arn=arn, attribute_name="Policy", attribute_value=policy),
        )

    def addition(self) -> Policy:
        return {"Statement": [self._statement()]}

    def _statement(self) -> Policy:
        return statement(action="sns:Publish", arn=self._topic.arn(), bucket=settings.S3_BUCKET)
