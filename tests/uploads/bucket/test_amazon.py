"""The bucket as Amazon has it: where it lies, who sees it, and the other ways of events."""

from typing import Any

import pytest
from botocore.stub import Stubber
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of, states
from uploads.bucket.refusals import Unreachable
from uploads.bucket.services import bucket_check, bucket_set_up
from uploads.stores import aws

pytestmark = pytest.mark.usefixtures("amazon")

REST = ("get_public_access_block", "get_bucket_cors", "get_bucket_lifecycle_configuration")
"""What is asked about a bucket that is there, before its events."""


def test_the_bucket_is_made_in_its_region(settings: Settings) -> None:
    bucket_set_up()
    assert aws.s3().get_bucket_location(Bucket=settings.S3_BUCKET)["LocationConstraint"] == "eu-west-1"


def test_amazon_is_told_no_region_where_it_would_refuse_to_hear_it(settings: Settings) -> None:
    settings.S3_REGION = "us-east-1"
    aws.forget_clients()
    bucket_set_up()
    assert not aws.s3().get_bucket_location(Bucket=settings.S3_BUCKET)["LocationConstraint"]


def test_a_bucket_in_another_region_than_the_settings_say_is_refused_with_the_right_one(settings: Settings) -> None:
    bucket_set_up()
    settings.S3_REGION = "us-west-2"
    aws.forget_clients()
    with pytest.raises(Unreachable, match="lies in eu-west-1, and S3_REGION is us-west-2: set S3_REGION=eu-west-1"):
        bucket_check()


def test_every_way_to_the_public_is_closed_at_amazon(settings: Settings) -> None:
    bucket_set_up()
    block = aws.s3().get_public_access_block(Bucket=settings.S3_BUCKET)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )


def test_a_second_run_changes_nothing() -> None:
    bucket_set_up()
    assert set(states(bucket_set_up()).values()) == {"ok"}


def test_what_amazon_writes_beside_lifecycle_rules_is_not_lost(settings: Settings) -> None:
    bucket_set_up()
    settings.UPLOAD_EXPIRY_SECONDS *= 3
    with Stubber(aws.s3()) as stubbed:
        rule = {"ID": "theirs", "Status": "Enabled", "Prefix": "old/", "Expiration": {"Days": 3}}
        found = {"Rules": [rule], "TransitionDefaultMinimumObjectSize": "varies_by_storage_class"}
        sent: list[dict[str, Any]] = []
        aws.s3().meta.events.register(
            "provide-client-params.s3.PutBucketLifecycleConfiguration", lambda params, **_: sent.append(params)
        )
        everything = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        stubbed.add_response("head_bucket", {})
        block = dict.fromkeys(everything, True)
        stubbed.add_response("get_public_access_block", {"PublicAccessBlockConfiguration": block})
        stubbed.add_client_error("get_bucket_cors", service_error_code="NoSuchCORSConfiguration")
        stubbed.add_response("put_bucket_cors", {})
        stubbed.add_response("get_bucket_lifecycle_configuration", found)
        stubbed.add_response("put_bucket_lifecycle_configuration", {})
        bucket_set_up()
    (request,) = sent
    assert request["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    # AWS refuses a rule of the old shape beside one of the new.
    theirs = {"ID": "theirs", "Status": "Enabled", "Expiration": {"Days": 3}, "Filter": {"Prefix": "old/"}}
    assert request["LifecycleConfiguration"]["Rules"][0] == theirs


def test_what_a_store_does_not_offer_is_said_with_what_follows_and_is_no_failure(settings: Settings) -> None:
    settings.S3_ENDPOINT_URL = "http://127.0.0.1:9"
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in REST:
            stubbed.add_client_error(call, service_error_code="NotImplemented", http_status_code=501)
        found = bucket_set_up()
    assert [finding.state for finding in found] == ["ok", "not offered", "not offered", "not offered"]
    assert of(found, "lifecycle").sentence.endswith("the site's own sweep removes what was given up.")
    assert not any(finding.is_open for finding in found)


def test_a_bucket_that_may_not_be_made_gets_the_command_with_its_region() -> None:
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_client_error("head_bucket", service_error_code="404", http_status_code=404)
        stubbed.add_client_error("create_bucket", service_error_code="AccessDenied", http_status_code=403)
        for call in REST:
            stubbed.add_client_error(call, service_error_code="NoSuchBucket", http_status_code=404)
        bucket, *others = bucket_set_up()
    assert bucket.commands == (
        "aws s3api create-bucket --bucket media.example.org "
        """--create-bucket-configuration '{"LocationConstraint": "eu-west-1"}' --region eu-west-1""",
    )
    assert {finding.sentence for finding in others} == {"There is no bucket yet."}


def test_a_moved_bucket_gets_one_sentence() -> None:
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_client_error("head_bucket", service_error_code="301", http_status_code=301)
        stubbed.add_client_error("list_objects_v2", service_error_code="PermanentRedirect", http_status_code=301)
        with pytest.raises(Unreachable, match="is reached at another address"):
            bucket_check()


def test_eventbridge_is_switched_on_and_its_rule_is_left_to_somebody_without_showing_the_secret(
    settings: Settings,
) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_SECRETS = "eventbridge", ["a-secret-that-nobody-guesses"]
    # moto takes it, and does not give it back.
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in REST:
            stubbed.add_client_error(call, service_error_code="NotImplemented", http_status_code=501)
        stubbed.add_response("get_bucket_notification_configuration", {})
        wanted = {"Bucket": settings.S3_BUCKET, "NotificationConfiguration": {"EventBridgeConfiguration": {}}}
        stubbed.add_response("put_bucket_notification_configuration", {}, wanted)
        found = bucket_set_up()
    assert of(found, "notification").state == "made"
    rule = of(found, "EventBridge rule")
    assert [command.split()[2] for command in rule.commands] == [
        "create-connection", "create-api-destination", "create-role", "put-role-policy", "put-rule", "put-targets",
    ]  # fmt: skip
    assert "a-secret-that-nobody-guesses" not in " ".join(rule.commands)
    assert not rule.is_open


def test_when_the_way_of_events_changes_the_old_one_goes_and_those_of_others_stay(settings: Settings) -> None:
    url = aws.sqs().create_queue(QueueName="sources")["QueueUrl"]
    settings.S3_EVENTS, settings.S3_EVENT_QUEUE_URL = "sqs", url
    bucket_set_up()
    topic = aws.sns().create_topic(Name="theirs")["TopicArn"]
    before = aws.s3().get_bucket_notification_configuration(Bucket=settings.S3_BUCKET)
    aws.s3().put_bucket_notification_configuration(
        Bucket=settings.S3_BUCKET,
        NotificationConfiguration={
            "QueueConfigurations": before["QueueConfigurations"],
            "TopicConfigurations": [{"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}],
        },
    )
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = "sns", []
    bucket_set_up()
    after = aws.s3().get_bucket_notification_configuration(Bucket=settings.S3_BUCKET)
    assert "QueueConfigurations" not in after
    assert {rule["Id"] for rule in after["TopicConfigurations"]} == {"theirs", "vidsite"}


def test_minio_is_told_the_name_of_its_webhook(settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TARGET_ARN = "minio", "arn:minio:sqs::VIDSITE:webhook"
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in REST:
            stubbed.add_client_error(call, service_error_code="NotImplemented", http_status_code=501)
        stubbed.add_response("get_bucket_notification_configuration", {})
        filtered = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "sources/"}]}}
        arn = settings.S3_EVENT_TARGET_ARN
        rule = {"Id": "vidsite", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": filtered}
        expected = {"Bucket": settings.S3_BUCKET, "NotificationConfiguration": {"QueueConfigurations": [rule]}}
        stubbed.add_response("put_bucket_notification_configuration", {}, expected)
        assert of(bucket_set_up(), "notification").state == "made"


def test_a_forwarder_is_told_what_to_send(settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_SECRETS = "forward", ["a-secret-that-nobody-guesses"]
    forwarder = of(bucket_set_up(), "forwarder")
    assert "https://video.example.org/hooks/s3/ with the header X-Vidsite-Signature: t=<unix" in forwarder.sentence
    assert not forwarder.is_open
