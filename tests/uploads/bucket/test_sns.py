"""S3 to SNS to the webhook: a topic, its policy, the notification and the subscription."""

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of, states
from uploads.bucket import sns_subscription
from uploads.bucket.policies import statement
from uploads.bucket.services import bucket_check, bucket_set_up
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef

pytestmark = pytest.mark.usefixtures("amazon")

MADE_ARN = "arn:aws:sns:eu-west-1:123456789012:vidsite-media-example-org"


@pytest.fixture(autouse=True)
def by_sns(amazon: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The site is to hear of uploads by a topic that somebody has made."""
    monkeypatch.setattr(sns_subscription, "PAUSE_SECONDS", 0)
    settings.S3_EVENTS = "sns"
    settings.S3_EVENT_TOPIC_ARNS = [aws.sns().create_topic(Name="theirs")["TopicArn"]]


def policy_of(arn: str) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(aws.sns().get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])
    return policy


def subscriptions(arn: str) -> "list[SubscriptionTypeDef]":
    return aws.sns().list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]


def test_a_topic_gets_its_policy_the_notification_and_our_subscription(settings: Settings) -> None:
    found = states(bucket_set_up())
    (arn,) = settings.S3_EVENT_TOPIC_ARNS
    assert [found[item] for item in ("SNS topic", "SNS topic policy", "notification", "SNS subscription")] == [
        "ok", "made", "made", "made",
    ]  # fmt: skip
    (topic,) = aws.s3().get_bucket_notification_configuration(Bucket=settings.S3_BUCKET)["TopicConfigurations"]
    assert (topic["Id"], topic["TopicArn"], topic["Events"]) == ("vidsite", arn, ["s3:ObjectCreated:*"])
    (ours,) = [one for one in policy_of(arn)["Statement"] if one["Sid"].startswith("vidsite")]
    assert ours["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::media.example.org"}}
    (subscription,) = subscriptions(arn)
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("https", "https://video.example.org/hooks/s3/")


def test_a_second_run_changes_nothing() -> None:
    bucket_set_up()
    assert set(states(bucket_set_up()).values()) == {"ok"}


def test_what_others_may_do_with_the_topic_they_may_still(settings: Settings) -> None:
    (arn,) = settings.S3_EVENT_TOPIC_ARNS
    before = policy_of(arn)["Statement"]
    for bucket in ("media.example.org", "another-bucket", "media.example.org"):
        settings.S3_BUCKET = bucket
        bucket_set_up()
    *theirs, ours, another = policy_of(arn)["Statement"]
    assert theirs == before
    assert another["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::another-bucket"}}
    assert ours["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::media.example.org"}}


def test_a_statement_of_ours_under_its_older_name_is_not_there_twice(settings: Settings) -> None:
    (arn,) = settings.S3_EVENT_TOPIC_ARNS
    older = {**statement(action="sns:Publish", arn=arn, bucket=settings.S3_BUCKET), "Sid": "vidsite"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [older]})
    aws.sns().set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    bucket_set_up()
    assert len(policy_of(arn)["Statement"]) == 1


def test_a_topic_is_made_where_none_is_set_and_the_subscription_waits_for_the_setting(settings: Settings) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    found = bucket_set_up()
    topic, subscription = of(found, "SNS topic"), of(found, "SNS subscription")
    assert (topic.state, topic.sentence) == ("made", f"{MADE_ARN} is there: set S3_EVENT_TOPIC_ARNS={MADE_ARN}")
    assert (of(found, "SNS topic policy").state, of(found, "notification").state) == ("made", "made")
    assert subscription.is_open
    assert subscription.sentence.startswith(
        f"Set S3_EVENT_TOPIC_ARNS={MADE_ARN}, restart the site, then run this again"
    )
    assert subscriptions(MADE_ARN) == []
    settings.S3_EVENT_TOPIC_ARNS = [MADE_ARN]
    assert of(bucket_set_up(), "SNS subscription").state == "made"
    assert set(states(bucket_check()).values()) == {"ok"}


def test_the_command_fails_until_the_topic_is_set(settings: Settings) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    with pytest.raises(CommandError, match="Left to do: 1; see above"):
        call_command("s3_setup", stdout=StringIO())


def test_a_check_without_a_topic_makes_none(settings: Settings) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    found = states(bucket_check())
    assert (found["SNS topic"], found["SNS topic policy"], found["SNS subscription"]) == ("missing",) * 3
    assert MADE_ARN not in [topic["TopicArn"] for topic in aws.sns().list_topics()["Topics"]]


def test_what_sns_does_not_allow_is_said_with_the_command_and_the_rest_goes_on(settings: Settings) -> None:
    bucket_set_up()
    (arn,) = settings.S3_EVENT_TOPIC_ARNS
    refused = {"service_error_code": "AuthorizationError", "http_status_code": 403}
    with Stubber(aws.sns()) as stubbed:
        stubbed.add_client_error("get_topic_attributes", **refused)  # type: ignore[arg-type]  # one is a number
        stubbed.add_response("get_topic_attributes", {"Attributes": {"Policy": '{"Statement": []}'}})
        stubbed.add_client_error("set_topic_attributes", **refused)  # type: ignore[arg-type]  # as above
        stubbed.add_client_error("list_subscriptions_by_topic", **refused)  # type: ignore[arg-type]  # as above
        found = bucket_set_up()
    assert (of(found, "SNS topic").state, of(found, "notification").state) == ("by hand", "ok")
    (command,) = of(found, "SNS topic policy").commands
    assert command.startswith(
        f"aws sns set-topic-attributes --topic-arn {arn} --attribute-name Policy --attribute-val"
    )
    assert json.loads(command.split("'")[1])["Statement"][0]["Action"] == "sns:Publish"
    assert of(found, "SNS subscription").commands == (
        f"aws sns subscribe --topic-arn {arn} --protocol https "
        "--notification-endpoint https://video.example.org/hooks/s3/ --region eu-west-1",
    )
