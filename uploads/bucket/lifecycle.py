"""That the store itself removes what everybody else has forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from uploads.bucket.by_hand import s3api
from uploads.bucket.item import Item, or_else
from uploads.bucket.lifecycle_shape import current_shape, meaning
from uploads.bucket.merging import is_same, merged
from uploads.bucket.wanted import ABORT_RULE, REJECTED_RULE, lifecycle_rules
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.literals import TransitionDefaultMinimumObjectSizeType
    from mypy_boto3_s3.type_defs import (
        LifecycleRuleOutputTypeDef,
        LifecycleRuleTypeDef,
        LifecycleRuleUnionTypeDef,
        PutBucketLifecycleConfigurationRequestTypeDef,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules, and what AWS writes with them: when it is not sent back, it is lost."""

    rules: "list[LifecycleRuleOutputTypeDef]"
    smallest_transition: "TransitionDefaultMinimumObjectSizeType | None" = None


class Lifecycle(Item[Rules]):
    name = "lifecycle"
    without = "The store has no such lifecycle rules: the site's own sweep removes what was given up."

    def promise(self) -> str:
        return "Abandoned uploads and rejected sources go by themselves."

    def read(self) -> Rules:
        def ask() -> Rules:
            answer = aws.s3().get_bucket_lifecycle_configuration(Bucket=settings.S3_BUCKET)
            return Rules(
                rules=[current_shape(rule) for rule in answer["Rules"]],
                smallest_transition=answer.get("TransitionDefaultMinimumObjectSize"),
            )

        return or_else(ask, Rules(rules=[]), "NoSuchLifecycleConfiguration")

    def differs(self, found: Rules) -> str:
        if is_same(found.rules, self._merged(found), meaning=meaning):
            return ""
        return f"The rules {ABORT_RULE} and {REJECTED_RULE} are not there, or not as they should be."

    def write(self, found: Rules) -> None:
        request: PutBucketLifecycleConfigurationRequestTypeDef = {
            "Bucket": settings.S3_BUCKET,
            "LifecycleConfiguration": {"Rules": self._merged(found)},
        }
        if found.smallest_transition:
            request["TransitionDefaultMinimumObjectSize"] = found.smallest_transition
        aws.s3().put_bucket_lifecycle_configuration(**request)

    def commands(self, found: Rules) -> tuple[str, ...]:
        beside = {"transition_default_minimum_object_size": found.smallest_transition}
        return (
            s3api(
                "put-bucket-lifecycle-configuration",
                lifecycle_configuration={"Rules": self._merged(found)},
                **(beside if found.smallest_transition else {}),
            ),
        )

    def addition(self) -> Mapping[str, object]:
        return {"Rules": _ours()}

    def _merged(self, found: Rules) -> "list[LifecycleRuleUnionTypeDef]":
        return merged(found.rules, _ours(), names={ABORT_RULE, REJECTED_RULE}, key="ID", meaning=meaning)


def _ours() -> "list[LifecycleRuleTypeDef]":
    return lifecycle_rules(
        upload_expiry_seconds=settings.UPLOAD_EXPIRY_SECONDS,
        rejected_source_seconds=settings.REJECTED_SOURCE_SECONDS,
    )
