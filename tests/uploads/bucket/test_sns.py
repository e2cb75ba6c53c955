"""S3 to SNS to the webhook: a topic, its policy, the notification and the subscription."""

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.stub import Stubber
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of, states
from uploads.bucket.services import bucket_check, bucket_set_up
from uploads.bucket.wanted import statement
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import SubscriptionTypeDef

pytestmark = pytest.mark.usefixtures("amazon")

MADE_ARN = "arn:aws:sns:eu-west-1:123456789012:vidsite-media-example-org"


@pytest.fixture(autouse=True)
def by_sns(amazon: None, settings: Settings) -> None:
    """The site is to hear of uploads by a topic that somebody has made."""
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
    (ours,) = [one for one in policy_of(arn)["Statement"] if one.get("Sid") == "vidsite"]
    assert ours["Condition"] == {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::media.example.org"}}
    (subscription,) = subscriptions(arn)
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("https", "https://video.example.org/hooks/s3/")


def test_a_second_run_changes_nothing() -> None:
    bucket_set_up()
    assert set(states(bucket_set_up()).values()) == {"ok"}


def test_what_others_may_do_with_the_topic_they_may_still(settings: Settings) -> None:
    (arn,) = settings.S3_EVENT_TOPIC_ARNS
    before = policy_of(arn)["Statement"]
    bucket_set_up()
    settings.S3_BUCKET = "another-bucket"
    bucket_set_up()
    after = policy_of(arn)["Statement"]
    assert len(after) == len(before) + 1
    assert all(theirs in after for theirs in before)


def test_a_topic_is_made_where_none_is_set_and_the_setting_is_said(settings: Settings) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    topic = of(bucket_set_up(), "SNS topic")
    assert (topic.state, topic.sentence) == ("made", f"{MADE_ARN} is there: set S3_EVENT_TOPIC_ARNS={MADE_ARN}")
    settings.S3_EVENT_TOPIC_ARNS = [MADE_ARN]
    assert set(states(bucket_check()).values()) == {"ok"}


def test_a_check_without_a_topic_makes_none(settings: Settings) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    found = states(bucket_check())
    assert (found["SNS topic"], found["SNS topic policy"], found["SNS subscription"]) == ("missing",) * 3
    assert MADE_ARN not in [topic["TopicArn"] for topic in aws.sns().list_topics()["Topics"]]


def test_a_subscription_that_waits_for_its_confirmation_is_asked_for_again(settings: Settings) -> None:
    bucket_set_up()
    waiting = {"SubscriptionArn": "PendingConfirmation", "Protocol": "https", "Endpoint": settings.S3_EVENTS_URL}
    with Stubber(aws.sns()) as stubbed:
        policy = aws_policy(settings.S3_EVENT_TOPIC_ARNS[0])
        stubbed.add_response("get_topic_attributes", {"Attributes": {}})
        stubbed.add_response("get_topic_attributes", {"Attributes": {"Policy": policy}})
        stubbed.add_response("list_subscriptions_by_topic", {"Subscriptions": [waiting]})
        stubbed.add_response("subscribe", {"SubscriptionArn": "pending confirmation"})
        assert of(bucket_set_up(), "SNS subscription").state == "made"
        stubbed.assert_no_pending_responses()


def aws_policy(arn: str) -> str:
    ours = statement(action="SNS:Publish", arn=arn, bucket="media.example.org")
    return json.dumps({"Version": "2012-10-17", "Statement": [ours]})


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
    assert json.loads(command.split("'")[1])["Statement"][0]["Sid"] == "vidsite"
    assert of(found, "SNS subscription").commands == (
        f"aws sns subscribe --topic-arn {arn} --protocol https "
        "--notification-endpoint https://video.example.org/hooks/s3/ --region eu-west-1",
    )
