"""S3 to SNS to the webhook: the topic, who may publish to it, and our subscription."""

from django.conf import settings

from uploads.bucket.by_hand import aws_command
from uploads.bucket.item import Item, NotYet
from uploads.bucket.policies import Policy, has_statement, policy_of, text_of, with_statement
from uploads.bucket.wanted import statement, topic_name
from uploads.stores import aws


def topic_arn() -> str:
    """Return the topic of the settings, or else the one that this command has made. Raises NotYet."""
    arn = _configured() or _made()
    if not arn:
        raise NotYet("There is no topic yet.")
    return arn


def _configured() -> str:
    return settings.S3_EVENT_TOPIC_ARNS[0] if settings.S3_EVENT_TOPIC_ARNS else ""


def _made() -> str:
    name = topic_name(settings.S3_BUCKET)
    pages = aws.sns().get_paginator("list_topics").paginate()
    arns = (topic["TopicArn"] for page in pages for topic in page["Topics"])
    return next((arn for arn in arns if arn.split(":")[-1] == name), "")


class Topic(Item[str]):
    """Found: its ARN, or nothing."""

    name = "SNS topic"

    def promise(self) -> str:
        arn = topic_arn()
        return f"{arn} is there." if _configured() else f"{arn} is there: set S3_EVENT_TOPIC_ARNS={arn}"

    def read(self) -> str:
        arn = _configured()
        if not arn:
            return _made()
        aws.sns().get_topic_attributes(TopicArn=arn)
        return arn

    def differs(self, found: str) -> str:
        name = topic_name(settings.S3_BUCKET)
        return "" if found else f"There is no topic {name}, and S3_EVENT_TOPIC_ARNS names none."

    def write(self, found: str) -> None:
        aws.sns().create_topic(Name=topic_name(settings.S3_BUCKET))

    def commands(self, found: str | None) -> tuple[str, ...]:
        if arn := _configured():
            return (aws_command("sns", "get-topic-attributes", topic_arn=arn),)
        return (aws_command("sns", "create-topic", name=topic_name(settings.S3_BUCKET)),)


class TopicPolicy(Item[Policy]):
    name = "SNS topic policy"

    def promise(self) -> str:
        return "The bucket may publish to the topic."

    def read(self) -> Policy:
        return policy_of(aws.sns().get_topic_attributes(TopicArn=topic_arn())["Attributes"].get("Policy"))

    def differs(self, found: Policy) -> str:
        return "" if has_statement(found, self._statement()) else "The bucket may not publish to the topic."

    def write(self, found: Policy) -> None:
        policy = text_of(with_statement(found, self._statement()))
        aws.sns().set_topic_attributes(TopicArn=topic_arn(), AttributeName="Policy", AttributeValue=policy)

    def commands(self, found: Policy | None) -> tuple[str, ...]:
        arn, policy = topic_arn(), with_statement(found or policy_of(None), self._statement())
        look = aws_command("sns", "get-topic-attributes", topic_arn=arn)
        put = aws_command(
            "sns", "set-topic-attributes", topic_arn=arn, attribute_name="Policy", attribute_value=policy
        )
        return (put,) if found is not None else (look, put)

    def _statement(self) -> Policy:
        return statement(action="sns:Publish", arn=topic_arn(), bucket=settings.S3_BUCKET)


class Subscription(Item[str]):
    """Found: the ARN of our subscription, PENDING while the webhook has not confirmed it, or nothing."""

    name = "SNS subscription"

    PENDING = "PendingConfirmation"

    def promise(self) -> str:
        return f"The topic tells {settings.S3_EVENTS_URL}"

    def read(self) -> str:
        pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic_arn())
        arns = [
            found["SubscriptionArn"]
            for page in pages
            for found in page["Subscriptions"]
            if found["Endpoint"] == settings.S3_EVENTS_URL
        ]
        # After a second asking, there are both for a while.
        return next((arn for arn in arns if arn != self.PENDING), self.PENDING if arns else "")

    def differs(self, found: str) -> str:
        url = settings.S3_EVENTS_URL
        if found == self.PENDING:
            return f"{url} has not confirmed its subscription: the site must run, and SNS must be able to reach it."
        return "" if found else f"{url} is not subscribed to the topic."

    def write(self, found: str) -> None:
        aws.sns().subscribe(TopicArn=topic_arn(), Protocol=self._protocol(), Endpoint=settings.S3_EVENTS_URL)

    def commands(self, found: str | None) -> tuple[str, ...]:
        arn, protocol, url = topic_arn(), self._protocol(), settings.S3_EVENTS_URL
        return (aws_command("sns", "subscribe", topic_arn=arn, protocol=protocol, notification_endpoint=url),)

    def _protocol(self) -> str:
        return "https" if settings.S3_EVENTS_URL.startswith("https:") else "http"
