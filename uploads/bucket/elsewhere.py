"""What must be set up where this command cannot look, said so that it can be copied."""

from django.conf import settings

from uploads.bucket.by_hand import THE_SECRET, aws_command
from uploads.bucket.findings import Finding, State
from uploads.bucket.wanted import topic_name
from uploads.keys import SOURCES

CONNECTION, DESTINATION, ROLE = "CONNECTION-ARN", "API-DESTINATION-ARN", "ROLE-ARN"
"""Stand in a command for what the one before it answers."""


def eventbridge_rule() -> Finding:
    """Say how EventBridge's rule is made: the site has no right to look at it, and needs none."""
    name, bucket = topic_name(settings.S3_BUCKET), settings.S3_BUCKET
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Api-Key", "ApiKeyValue": THE_SECRET}}
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    may_call = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "events:InvokeApiDestination", "Resource": DESTINATION}],
    }
    pattern = {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": SOURCES}]}},
    }
    commands = (
        aws_command("events", "create-connection", name=name, authorization_type="API_KEY", auth_parameters=key),
        aws_command(
            "events", "create-api-destination", name=name, connection_arn=CONNECTION, http_method="POST",
            invocation_endpoint=settings.S3_EVENTS_URL,
        ),
        aws_command("iam", "create-role", role_name=name, assume_role_policy_document=trust),
        aws_command("iam", "put-role-policy", role_name=name, policy_name=name, policy_document=may_call),
        aws_command("events", "put-rule", name=name, event_pattern=pattern),
        aws_command(
            "events", "put-targets", rule=name, targets=[{"Id": "vidsite", "Arn": DESTINATION, "RoleArn": ROLE}]
        ),
    )  # fmt: skip
    return Finding(
        state=State.BY_HAND,
        item="EventBridge rule",
        sentence="Make the rule once, in this order; what stands in capitals is your secret or an earlier answer:",
        commands=commands,
        is_seen=False,
    )


def forwarder() -> Finding:
    """Say what a forwarder of one's own must send."""
    return Finding(
        state=State.BY_HAND,
        item="forwarder",
        sentence=(
            f"Post each event as S3 writes it to {settings.S3_EVENTS_URL} with the header X-Vidsite-Signature: "
            't=<unix time>,v1=<hex HMAC-SHA256 of "<unix time>." and the body, with the first of S3_EVENT_SECRETS>.'
        ),
        is_seen=False,
    )
