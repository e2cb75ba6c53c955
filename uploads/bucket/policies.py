"""Policies of topics and queues: our statement among those of others."""

import json
from collections.abc import Mapping
from hashlib import sha256

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


def statement(*, action: str, arn: str, bucket: str) -> Policy:
    """Return the policy statement that lets S3 send this bucket's news to a topic or queue.

    Bound to the bucket and not to an account too: the bucket's account is nowhere in the settings, and news only
    makes the site look into its own bucket.

    >>> statement(action="sqs:SendMessage", arn="arn:aws-cn:sqs:cn-north-1:1:q", bucket="b")["Condition"]
    {'ArnEquals': {'aws:SourceArn': 'arn:aws-cn:s3:::b'}}
    """
    return {
        "Sid": _sid(bucket),
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:{arn.split(':')[1]}:s3:::{bucket}"}},
    }


def _sid(bucket: str) -> str:
    """Return the id of a bucket's statement: sites that share a topic or queue keep theirs beside each other's.

    Letters and digits are all that is allowed in one, so the bucket's name itself is not.

    >>> _sid("media.example.org"), _sid("media-example-org")
    ('vidsitecd2f484b5bb6', 'vidsitee719dda9f54b')
    """
    return f"{OURS}{sha256(bucket.encode()).hexdigest()[:12]}"


def with_statement(policy: Policy, ours: Policy) -> Policy:
    """Return the policy with our statement, in place of an older one of the same Sid.

    >>> with_statement({"Statement": {"Action": "sns:Subscribe"}}, {"Sid": "vidsite1", "Action": "sns:Publish"})
    {'Statement': [{'Action': 'sns:Subscribe'}, {'Sid': 'vidsite1', 'Action': 'sns:Publish'}]}
    """
    names = {str(ours["Sid"])}
    return {**policy, "Statement": merged(_statements(policy), [ours], names=names, key="Sid", meaning=_meaning)}


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
