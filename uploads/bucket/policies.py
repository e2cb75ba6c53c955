"""Policies of topics and queues: our statement among those of others."""

import json
from collections.abc import Mapping

from uploads.bucket.merging import is_same, merged
from uploads.bucket.wanted import OURS

Policy = dict[str, object]


def policy_of(text: str | None) -> Policy:
    """Return a policy from what the service keeps, which may be nothing."""
    found: Policy = json.loads(text) if text else {"Version": "2012-10-17"}
    return found


def text_of(policy: Policy) -> str:
    """Return a policy as the services take it."""
    return json.dumps(policy)


def with_statement(policy: Policy, ours: Policy) -> Policy:
    """Return the policy with our statement, in place of an older one of ours.

    >>> with_statement({"Statement": {"Action": "sns:Subscribe"}}, {"Sid": "vidsite", "Action": "sns:Publish"})
    {'Statement': [{'Action': 'sns:Subscribe'}, {'Sid': 'vidsite', 'Action': 'sns:Publish'}]}
    """
    return {**policy, "Statement": merged(_statements(policy), [ours], names={OURS}, key="Sid", meaning=_meaning)}


def has_statement(policy: Policy, ours: Policy) -> bool:
    """Whether the policy says what our statement says, and nothing older of ours."""
    wanted = _statements(with_statement(policy, ours))
    return is_same(_statements(policy), wanted, meaning=_meaning)


def _statements(policy: Policy) -> list[Policy]:
    match policy.get("Statement"):
        case dict() as alone:
            return [alone]
        case list() as several:
            return several
        case _:
            return []


def _meaning(statement: Mapping[str, object]) -> str:
    """Return what a statement says: services change the case of an action, and write a list of one as a string."""
    said = {name: value for name, value in statement.items() if name != "Sid"}
    match said.get("Action"):
        case str() as action:
            said["Action"] = action.lower()
        case [str() as action]:
            said["Action"] = action.lower()
    return json.dumps(said, sort_keys=True)
