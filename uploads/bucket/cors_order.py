"""Which CORS rule a store goes by: the first whose origins and methods fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef


def comes_first(rule: "CORSRuleOutputTypeDef", *, origins: Sequence[str], methods: Sequence[str]) -> bool:
    """Whether a store may go by this rule for a page of one of these origins, and by none that follows."""
    return bool(set(rule.get("AllowedMethods", [])) & set(methods)) and any(
        has_common(allowed, origin) for allowed in rule.get("AllowedOrigins", []) for origin in origins
    )


def has_common(one: str, other: str) -> bool:
    """Whether some origin fits both, each of which may have one star, for anything.

    >>> has_common("https://*.example.org", "https://video.example.org"), has_common("*", "https://*.example.org")
    (True, True)
    """
    head, star, tail = one.lower().partition("*")
    other_head, other_star, other_tail = other.lower().partition("*")
    if not star and not other_star:
        return head == other_head
    if not star:
        return has_common(other, one)
    if not other_star:
        long_enough = len(other_head) >= len(head) + len(tail)
        return long_enough and other_head.startswith(head) and other_head.endswith(tail)
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))
