"""Our subscription to the topic: it is there when SNS gives it an ARN, and when it sends what the site can believe."""

from collections.abc import Iterator

import pytest
from botocore.stub import Stubber
from pytest_django.fixtures import Settings

from uploads.bucket import sns_subscription
from uploads.bucket.findings import Finding
from uploads.bucket.sns import Topic
from uploads.bucket.sns_subscription import Subscription
from uploads.stores import aws

TOPIC = "arn:aws:sns:eu-west-1:123456789012:sources"
OURS = f"{TOPIC}:7c1e6f0a-3f53-4a10-9d5e-0a2a3f0c7b11"
WAITING = "PendingConfirmation"


@pytest.fixture(autouse=True)
def pauses(amazon: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The topic is set; nobody waits, and how long one would have is kept."""
    settings.S3_EVENT_TOPIC_ARNS = [TOPIC]
    waited: list[float] = []
    monkeypatch.setattr(sns_subscription, "sleep", waited.append)
    return waited


@pytest.fixture
def sns() -> Iterator[Stubber]:
    """What SNS is to be asked, and answers; nothing else may be asked, and nothing be left."""
    with Stubber(aws.sns()) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def examine(*, mend: bool) -> Finding:
    return Subscription(Topic()).examine(mend=mend)


def lists(sns: Stubber, *arns: str) -> None:
    url = "https://video.example.org/hooks/s3/"
    sns.add_response(
        "list_subscriptions_by_topic",
        {"Subscriptions": [{"SubscriptionArn": arn, "Protocol": "https", "Endpoint": url} for arn in arns]},
    )


def is_raw(sns: Stubber, value: str) -> None:
    sns.add_response(
        "get_subscription_attributes",
        {"Attributes": {"RawMessageDelivery": value, "SubscriptionArn": OURS}},
        {"SubscriptionArn": OURS},
    )


def subscribes(sns: Stubber) -> None:
    expected = {"TopicArn": TOPIC, "Protocol": "https", "Endpoint": "https://video.example.org/hooks/s3/"}
    sns.add_response("subscribe", {"SubscriptionArn": "pending confirmation"}, expected)


def test_a_subscription_that_the_site_confirms_in_a_moment_is_made(sns: Stubber, pauses: list[float]) -> None:
    lists(sns)
    subscribes(sns)
    lists(sns, WAITING)
    lists(sns, WAITING, OURS)
    is_raw(sns, "false")
    found = examine(mend=True)
    assert (found.state, found.sentence) == ("made", "The topic tells https://video.example.org/hooks/s3/")
    assert len(pauses) == 2


def test_a_subscription_that_nobody_confirms_is_not_called_made(sns: Stubber, pauses: list[float]) -> None:
    lists(sns)
    subscribes(sns)
    for _ in range(sns_subscription.LOOKS):
        lists(sns, WAITING)
    found = examine(mend=True)
    assert found.is_open
    assert found.sentence.startswith("https://video.example.org/hooks/s3/ has not confirmed its subscription:")
    assert "Run `manage.py s3_setup` again" in found.sentence
    assert sum(pauses) <= 10


def test_a_subscription_that_waits_for_its_confirmation_is_asked_for_again(sns: Stubber) -> None:
    lists(sns, WAITING)
    subscribes(sns)
    lists(sns, OURS)
    is_raw(sns, "false")
    assert examine(mend=True).state == "made"


def test_a_check_waits_for_nobody(sns: Stubber, pauses: list[float]) -> None:
    lists(sns, WAITING)
    assert examine(mend=False).state == "missing"
    assert pauses == []


def test_a_deleted_subscription_is_none(sns: Stubber) -> None:
    lists(sns, "Deleted")
    found = examine(mend=False)
    assert (found.state, found.sentence) == (
        "missing",
        "https://video.example.org/hooks/s3/ is not subscribed to the topic.",
    )


def test_raw_delivery_which_the_site_refuses_is_found(sns: Stubber) -> None:
    lists(sns, OURS)
    is_raw(sns, "true")
    found = examine(mend=False)
    assert found.state == "missing"
    assert found.sentence.startswith("The subscription sends raw messages, which have no signature:")


def test_raw_delivery_is_set_off(sns: Stubber) -> None:
    lists(sns, OURS)
    is_raw(sns, "true")
    off = {"SubscriptionArn": OURS, "AttributeName": "RawMessageDelivery", "AttributeValue": "false"}
    sns.add_response("set_subscription_attributes", {}, off)
    assert examine(mend=True).state == "made"


def test_who_may_not_set_raw_delivery_off_gets_the_command(sns: Stubber) -> None:
    lists(sns, OURS)
    is_raw(sns, "true")
    sns.add_client_error("set_subscription_attributes", "AuthorizationError", http_status_code=403)
    assert examine(mend=True).commands == (
        f"aws sns set-subscription-attributes --subscription-arn {OURS} --attribute-name RawMessageDelivery "
        "--attribute-value false --region eu-west-1",
    )
