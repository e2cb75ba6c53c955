"""What the bucket needs, in the order in which it is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from uploads.bucket import elsewhere, wanted
from uploads.bucket.ceph import CephNotification
from uploads.bucket.cors import Cors
from uploads.bucket.existence import Existence
from uploads.bucket.findings import Finding, State
from uploads.bucket.lifecycle import Lifecycle
from uploads.bucket.notification import Notification
from uploads.bucket.public_access import PublicAccess
from uploads.bucket.sns import Topic, TopicPolicy
from uploads.bucket.sns_subscription import Subscription
from uploads.bucket.sqs import QueuePolicy, queue_arn


class Step(Protocol):
    def examine(self, *, mend: bool) -> Finding: ...


@dataclass(frozen=True)
class Said:
    """What is to be said without looking."""

    finding: Finding

    def examine(self, *, mend: bool) -> Finding:
        return self.finding


def steps(*, more_origins: Sequence[str]) -> list[Step]:
    """Return everything for the settings of now."""
    return [Existence(), PublicAccess(), Cors(more_origins=more_origins), Lifecycle(), *_events()]


NEEDS = {
    "sqs": "S3_EVENT_QUEUE_URL",
    "minio": "S3_EVENT_TARGET_ARN",
    "ceph": "S3_EVENT_SECRETS",
    "eventbridge": "S3_EVENT_SECRETS",
    "forward": "S3_EVENT_SECRETS",
}
"""A setting without which nothing can be set up; for SNS a topic is made."""


def _sns() -> list[Step]:
    topic = Topic()
    notification = Notification(wanted=lambda: wanted.to_topic(topic.arn()), to="the topic")
    return [topic, TopicPolicy(topic), notification, Subscription(topic)]


def _sqs() -> list[Step]:
    notification = Notification(wanted=lambda: wanted.to_queue(queue_arn()), to=settings.S3_EVENT_QUEUE_URL)
    return [QueuePolicy(), notification]


def _minio() -> list[Step]:
    target = settings.S3_EVENT_TARGET_ARN
    return [Notification(wanted=lambda: wanted.to_queue(target), to=target)]


def _eventbridge() -> list[Step]:
    notification = Notification(wanted=lambda: {"EventBridgeConfiguration": {}}, to="EventBridge")
    return [notification, Said(elsewhere.eventbridge_rule())]


EVENTS: dict[str, Callable[[], list[Step]]] = {
    "none": list,
    "sns": _sns,
    "sqs": _sqs,
    "minio": _minio,
    "eventbridge": _eventbridge,
    "ceph": lambda: [CephNotification()],
    "forward": lambda: [Said(elsewhere.forwarder())],
}
"""What lets the site hear of new sources, for each value of settings.S3_EVENTS."""


def _events() -> list[Step]:
    needed = NEEDS.get(settings.S3_EVENTS, "")
    if needed and not any(getattr(settings, needed)):
        sentence = f"Set {needed}: S3_EVENTS={settings.S3_EVENTS} needs it."
        return [Said(Finding(state=State.MISSING, item="notification", sentence=sentence))]
    return EVENTS.get(settings.S3_EVENTS, list)()
