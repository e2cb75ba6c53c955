"""Ceph's gateway to the webhook: a topic of its own, and the bucket's notification to it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from uploads.bucket.by_hand import THE_SECRET, aws_command
from uploads.bucket.item import Item, or_else
from uploads.bucket.notification import notification, put_command, says, with_ours
from uploads.bucket.wanted import to_topic, topic_name
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import NotificationConfigurationTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The topic's ARN, or nothing, with where it sends to and the secret it sends; and what the bucket has."""

    topic_arn: str
    endpoint: str
    secret: str
    notification: "NotificationConfigurationTypeDef"


class CephNotification(Item[Found]):
    """One item and not two: a bucket keeps the topic as it was when the notification was written.

    So a new address or secret counts only when the notification is written again after the topic.
    """

    name = "notification"
    without = "The store has no topics: set S3_EVENTS to what it can do."

    def promise(self) -> str:
        return f"The store tells {settings.S3_EVENTS_URL} of new sources."

    def read(self) -> Found:
        found = notification()
        arn = _topic_arn()
        if not arn:
            return Found(topic_arn="", endpoint="", secret="", notification=found)
        attributes = _attributes(arn)
        endpoint: dict[str, str] = json.loads(attributes.get("EndPoint", "{}"))
        return Found(
            topic_arn=arn,
            endpoint=endpoint.get("EndpointAddress", ""),
            secret=attributes.get("OpaqueData", ""),
            notification=found,
        )

    def differs(self, found: Found) -> str:
        if not found.topic_arn:
            return f"There is no topic {topic_name(settings.S3_BUCKET)}."
        if found.endpoint != settings.S3_EVENTS_URL:
            return f"The topic sends to {found.endpoint or 'nobody'}, not to {settings.S3_EVENTS_URL}"
        if found.secret != settings.S3_EVENT_SECRETS[0]:
            return "The topic does not send the first of S3_EVENT_SECRETS."
        return "" if says(found.notification, to_topic(found.topic_arn)) else "The bucket does not use the topic."

    def write(self, found: Found) -> None:
        made = aws.ceph_topics().create_topic(
            Name=topic_name(settings.S3_BUCKET),
            Attributes={"push-endpoint": settings.S3_EVENTS_URL, "OpaqueData": settings.S3_EVENT_SECRETS[0]},
        )
        aws.s3().put_bucket_notification_configuration(
            Bucket=settings.S3_BUCKET,
            NotificationConfiguration=with_ours(found.notification, to_topic(made["TopicArn"])),
        )

    def commands(self, found: Found) -> tuple[str, ...]:
        ours = to_topic(found.topic_arn or _usual_arn())
        return (*self.commands_unseen(), put_command(found.notification, ours))

    def commands_unseen(self) -> tuple[str, ...]:
        # A topic of this name is ours alone: nobody loses by its being made anew.
        name = topic_name(settings.S3_BUCKET)
        attributes = {"push-endpoint": settings.S3_EVENTS_URL, "OpaqueData": THE_SECRET}
        return (aws_command("sns", "create-topic", here=True, name=name, attributes=attributes),)

    def addition(self) -> "NotificationConfigurationTypeDef":
        return to_topic(_usual_arn())


def _usual_arn() -> str:
    """Return the topic's ARN where the gateway's zone group, which stands for AWS's region, has its usual name."""
    return f"arn:aws:sns:default::{topic_name(settings.S3_BUCKET)}"


def _attributes(arn: str) -> dict[str, str]:
    def ask() -> dict[str, str]:
        return aws.ceph_topics().get_topic_attributes(TopicArn=arn)["Attributes"]

    return or_else(ask, {}, "NoSuchEntity", "NotFound")


def _topic_arn() -> str:
    pages = aws.ceph_topics().get_paginator("list_topics").paginate()
    arns = (topic["TopicArn"] for page in pages for topic in page.get("Topics", []))
    return next((arn for arn in arns if arn.split(":")[-1] == topic_name(settings.S3_BUCKET)), "")
