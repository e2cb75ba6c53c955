"""That the store tells of new sources: the bucket's own part of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

from uploads.bucket.by_hand import s3api
from uploads.bucket.item import Item
from uploads.bucket.merging import is_same, merged
from uploads.bucket.wanted import OURS
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import NotificationConfigurationTypeDef as Configuration

Rule = TypeVar("Rule", bound=Mapping[str, object])


class Notification(Item["Configuration"]):
    name = "notification"
    without = "The store tells nobody of new objects: set S3_EVENTS=forward or none."

    def __init__(self, *, wanted: "Callable[[], Configuration]", to: str) -> None:
        """`wanted` is asked late: it may name what an item before this one makes."""
        self._wanted = wanted
        self._to = to

    def promise(self) -> str:
        return f"The store tells {self._to} of new sources."

    def read(self) -> "Configuration":
        return notification()

    def differs(self, found: "Configuration") -> str:
        return "" if says(found, self._wanted()) else f"The store does not tell {self._to} of new sources."

    def write(self, found: "Configuration") -> None:
        aws.s3().put_bucket_notification_configuration(
            Bucket=settings.S3_BUCKET, NotificationConfiguration=with_ours(found, self._wanted())
        )

    def commands(self, found: "Configuration") -> tuple[str, ...]:
        return (put_command(found, self._wanted()),)

    def addition(self) -> "Configuration":
        return self._wanted()


def notification() -> "Configuration":
    """Read what the bucket has."""
    found = aws.s3().get_bucket_notification_configuration(Bucket=settings.S3_BUCKET)
    kept: Configuration = {
        "TopicConfigurations": found.get("TopicConfigurations", []),
        "QueueConfigurations": found.get("QueueConfigurations", []),
        "LambdaFunctionConfigurations": found.get("LambdaFunctionConfigurations", []),
    }
    if "EventBridgeConfiguration" in found:
        kept["EventBridgeConfiguration"] = found["EventBridgeConfiguration"]
    return kept


def with_ours(found: "Configuration", ours: "Configuration") -> "Configuration":
    """Return what was found with our rule in it, and with no other of ours, of whatever kind."""
    changed: Configuration = {}
    if topics := _merged(found.get("TopicConfigurations", []), ours.get("TopicConfigurations", [])):
        changed["TopicConfigurations"] = topics
    if queues := _merged(found.get("QueueConfigurations", []), ours.get("QueueConfigurations", [])):
        changed["QueueConfigurations"] = queues
    if functions := found.get("LambdaFunctionConfigurations", []):
        changed["LambdaFunctionConfigurations"] = functions
    if "EventBridgeConfiguration" in found or "EventBridgeConfiguration" in ours:
        changed["EventBridgeConfiguration"] = {}
    return changed


def says(found: "Configuration", ours: "Configuration") -> bool:
    """Whether what was found is already what `with_ours` would make of it."""
    wanted = with_ours(found, ours)
    return (
        is_same(found.get("TopicConfigurations", []), wanted.get("TopicConfigurations", []), meaning=_meaning)
        and is_same(found.get("QueueConfigurations", []), wanted.get("QueueConfigurations", []), meaning=_meaning)
        and ("EventBridgeConfiguration" in found) == ("EventBridgeConfiguration" in wanted)
    )


def put_command(found: "Configuration", ours: "Configuration") -> str:
    """Return what somebody with the rights runs."""
    return s3api("put-bucket-notification-configuration", notification_configuration=with_ours(found, ours))


def _merged(found: Sequence[Rule], ours: Sequence[Rule]) -> list[Rule]:
    return merged(found, ours, names={OURS}, key="Id", meaning=_meaning)


def _meaning(rule: Mapping[str, object]) -> str:
    """Return what a rule says: AWS gives "prefix" back as "Prefix"."""
    return json.dumps({name: value for name, value in rule.items() if name != "Id"}, sort_keys=True).replace(
        '"Name": "Prefix"', '"Name": "prefix"'
    )
