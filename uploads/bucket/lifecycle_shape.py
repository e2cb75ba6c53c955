"""Lifecycle rules in the one shape that every server takes back as it gave it."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        LifecycleRuleAndOperatorOutputTypeDef,
        LifecycleRuleFilterOutputTypeDef,
        LifecycleRuleOutputTypeDef,
    )


def current_shape(rule: "LifecycleRuleOutputTypeDef") -> "LifecycleRuleOutputTypeDef":
    """Return the same rule with all its conditions in `Filter`, and in `And` when there are several.

    AWS refuses new rules beside those of the old shape, with a bare Prefix. Ceph writes the prefix beside `And`, and
    when it gets that back it drops the prefix: another's rule would then remove far more than it should.

    >>> current_shape({"Status": "Enabled", "Prefix": "tmp/"})
    {'Status': 'Enabled', 'Filter': {'Prefix': 'tmp/'}}
    >>> current_shape({"Status": "Enabled", "Filter": {"Prefix": "a/", "Tag": {"Key": "k", "Value": "v"}}})
    {'Status': 'Enabled', 'Filter': {'And': {'Prefix': 'a/', 'Tags': [{'Key': 'k', 'Value': 'v'}]}}}
    """
    shaped = rule.copy()
    written: LifecycleRuleFilterOutputTypeDef = shaped.pop("Filter", {})
    prefix = shaped.pop("Prefix", "")
    shaped["Filter"] = _filter(_conditions(written, prefix))
    return shaped


def _conditions(written: "LifecycleRuleFilterOutputTypeDef", prefix: str) -> "LifecycleRuleAndOperatorOutputTypeDef":
    several: LifecycleRuleAndOperatorOutputTypeDef = written.get("And", {})
    found: LifecycleRuleAndOperatorOutputTypeDef = {}
    if prefix := several.get("Prefix") or written.get("Prefix") or prefix:
        found["Prefix"] = prefix
    if tags := [*several.get("Tags", []), *([written["Tag"]] if "Tag" in written else [])]:
        found["Tags"] = sorted(tags, key=lambda tag: (tag["Key"], tag["Value"]))
    for side in (several, written):
        if "ObjectSizeGreaterThan" in side:
            found["ObjectSizeGreaterThan"] = side["ObjectSizeGreaterThan"]
        if "ObjectSizeLessThan" in side:
            found["ObjectSizeLessThan"] = side["ObjectSizeLessThan"]
    return found


def _filter(found: "LifecycleRuleAndOperatorOutputTypeDef") -> "LifecycleRuleFilterOutputTypeDef":
    tags = found.get("Tags", [])
    if len(found) > 1 or len(tags) > 1:
        return {"And": found}
    if tags:
        return {"Tag": tags[0]}
    if "ObjectSizeGreaterThan" in found:
        return {"ObjectSizeGreaterThan": found["ObjectSizeGreaterThan"]}
    if "ObjectSizeLessThan" in found:
        return {"ObjectSizeLessThan": found["ObjectSizeLessThan"]}
    return {"Prefix": found.get("Prefix", "")}


def meaning(rule: Mapping[str, object]) -> str:
    """Return what a rule in this shape says, whatever its id."""
    return json.dumps({name: value for name, value in rule.items() if name != "ID"}, sort_keys=True, default=str)
