"""S3 to SQS: who may send to the queue, and what becomes of messages that nobody can read."""

import json

import pytest
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of, states
from uploads.bucket.network_check import what_is_missing
from uploads.bucket.services import bucket_set_up
from uploads.stores import aws

pytestmark = pytest.mark.usefixtures("amazon")


@pytest.fixture(autouse=True)
def queue(amazon: None, settings: Settings) -> str:
    """The site is to hear of uploads by a queue that somebody has made."""
    url = aws.sqs().create_queue(QueueName="sources")["QueueUrl"]
    settings.S3_EVENTS, settings.S3_EVENT_QUEUE_URL = "sqs", url
    return url


def test_a_queue_gets_its_policy_and_the_notification(settings: Settings, queue: str) -> None:
    theirs = {"Sid": "theirs", "Effect": "Allow", "Principal": "*", "Action": "sqs:ReceiveMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": theirs})
    aws.sqs().set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    assert of(bucket_set_up(), "SQS queue policy").state == "made"
    attributes = aws.sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    kept, ours = json.loads(attributes["Policy"])["Statement"]
    assert (kept, ours["Action"]) == (theirs, "sqs:SendMessage")
    (told,) = aws.s3().get_bucket_notification_configuration(Bucket=settings.S3_BUCKET)["QueueConfigurations"]
    assert told["QueueArn"] == attributes["QueueArn"]
    assert set(states(bucket_set_up()).values()) == {"ok"}


def test_two_sites_on_one_queue_leave_each_other_their_right(settings: Settings, queue: str) -> None:
    for bucket in ("media.example.org", "media-example-org", "media.example.org"):
        settings.S3_BUCKET = bucket
        bucket_set_up()
    policy = aws.sqs().get_queue_attributes(QueueUrl=queue, AttributeNames=["Policy"])["Attributes"]["Policy"]
    one, other = json.loads(policy)["Statement"]
    assert {one["Condition"]["ArnEquals"]["aws:SourceArn"], other["Condition"]["ArnEquals"]["aws:SourceArn"]} == {
        "arn:aws:s3:::media.example.org",
        "arn:aws:s3:::media-example-org",
    }
    assert one["Sid"] != other["Sid"]
    assert (one["Sid"] + other["Sid"]).isalnum()


def test_a_queue_that_keeps_unreadable_messages_gets_a_remark_and_is_no_failure(queue: str) -> None:
    policy = of(bucket_set_up(), "SQS queue policy")
    assert policy.remark.startswith("The queue has no RedrivePolicy:")
    assert not policy.is_open
    (warning,) = what_is_missing()
    assert (warning.id, warning.msg) == ("uploads.W013", f"SQS queue policy: {policy.remark}")
    assert warning.hint


def test_a_queue_with_a_dead_letter_queue_gets_no_remark(queue: str) -> None:
    dead = aws.sqs().create_queue(QueueName="dead")["QueueUrl"]
    arn = aws.sqs().get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "5"})
    aws.sqs().set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": redrive})
    assert not of(bucket_set_up(), "SQS queue policy").remark
    assert what_is_missing() == []
