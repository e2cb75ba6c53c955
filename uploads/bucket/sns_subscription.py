"""SNS to the webhook: that the topic tells the site, and in a way that the site can believe."""

from dataclasses import dataclass
from time import sleep

from django.conf import settings

from uploads.bucket.by_hand import aws_command
from uploads.bucket.item import Item, NotYet
from uploads.bucket.sns import Topic
from uploads.stores import aws

LOOKS, PAUSE_SECONDS = 8, 1
"""How often, and how far apart, we look whether the site has confirmed: SNS asks it within a second or two."""
RAW = "RawMessageDelivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The ARN of our subscription, which SNS gives it when the site has confirmed it; or whether it waits for that."""

    arn: str = ""
    is_pending: bool = False
    is_raw: bool = False


class Subscription(Item[Found]):
    name = "SNS subscription"

    def __init__(self, topic: Topic) -> None:
        self._topic = topic

    def promise(self) -> str:
        return f"The topic tells {settings.S3_EVENTS_URL}"

    def read(self) -> Found:
        """Look. Raises NotYet while the site would refuse to confirm."""
        topic = self._topic.arn()
        if not self._topic.is_set:
            raise NotYet(
                f"Set S3_EVENT_TOPIC_ARNS={topic}, restart the site, then run this again: "
                "the site confirms the subscription to no other topic."
            )
        pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        ours = [one for page in pages for one in page["Subscriptions"] if one["Endpoint"] == settings.S3_EVENTS_URL]
        # What is no ARN is a word such as PendingConfirmation or Deleted; after a second asking there are several.
        arn = next((one["SubscriptionArn"] for one in ours if one["SubscriptionArn"].startswith("arn:")), "")
        if not arn:
            return Found(is_pending=any(one["SubscriptionArn"] == "PendingConfirmation" for one in ours))
        attributes = aws.sns().get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return Found(arn=arn, is_raw=attributes.get(RAW) == "true")

    def differs(self, found: Found) -> str:
        url = settings.S3_EVENTS_URL
        if found.is_raw:
            return "The subscription sends raw messages, which have no signature: the site refuses them."
        if found.is_pending:
            return (
                f"{url} has not confirmed its subscription: the site must run with this topic in S3_EVENT_TOPIC_ARNS, "
                "and SNS must be able to reach it. Run `manage.py s3_setup` again then: SNS forgets what is not "
                "confirmed within two days."
            )
        return "" if found.arn else f"{url} is not subscribed to the topic."

    def write(self, found: Found) -> None:
        if found.arn:
            aws.sns().set_subscription_attributes(SubscriptionArn=found.arn, AttributeName=RAW, AttributeValue="false")
            return
        aws.sns().subscribe(TopicArn=self._topic.arn(), Protocol=self._protocol(), Endpoint=settings.S3_EVENTS_URL)
        self._see_it_confirmed()

    def _see_it_confirmed(self) -> None:
        """Look until the site has confirmed, for a while. Raises NotYet when it has not."""
        for _ in range(LOOKS):
            sleep(PAUSE_SECONDS)
            wrong = self.differs(self.read())
            if not wrong:
                return
        raise NotYet(wrong)

    def commands(self, found: Found) -> tuple[str, ...]:
        if not found.arn:
            return self.commands_unseen()
        return (
            aws_command(
                "sns", "set-subscription-attributes", subscription_arn=found.arn, attribute_name=RAW,
                attribute_value="false",
            ),
        )  # fmt: skip

    def commands_unseen(self) -> tuple[str, ...]:
        arn, protocol, url = self._topic.arn(), self._protocol(), settings.S3_EVENTS_URL
        return (aws_command("sns", "subscribe", topic_arn=arn, protocol=protocol, notification_endpoint=url),)

    def _protocol(self) -> str:
        return "https" if settings.S3_EVENTS_URL.startswith("https:") else "http"
