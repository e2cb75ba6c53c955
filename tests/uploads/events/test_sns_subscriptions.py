"""Subscribing the site to a topic: it confirms by SNS's own API, and follows no address in a message."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from pytest_django.fixtures import Settings

from tests.uploads.events.bodies import TOPIC, tallies
from tests.uploads.events.listening import Listener, listener
from tests.uploads.events.signing import Signer
from tests.uploads.events.test_sns_messages import send
from uploads.stores import aws

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("certificate_server")]

CONFIRMED = b"""<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><ConfirmSubscriptionResult>
<SubscriptionArn>arn:aws:sns:us-east-1:123456789012:uploads:65723d45</SubscriptionArn></ConfirmSubscriptionResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></ConfirmSubscriptionResponse>"""
XML = {"Content-Type": "text/xml"}
REFUSED = (
    b"<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid token</Message></Error></ErrorResponse>"
)


@pytest.fixture
def sns_api(monkeypatch: pytest.MonkeyPatch, own_aws_clients: None) -> Iterator[Listener]:
    """The API of SNS, as far as confirming goes."""
    with listener() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SNS", server.url)
        server.answers["/"] = (200, XML, CONFIRMED)
        yield server
        aws.sns("us-east-1").close()


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_subscription_is_confirmed_by_the_api_and_its_address_is_not_visited(
    signer: Signer, sns_api: Listener, bystander: Listener, version: str
) -> None:
    message = signer.confirmation(version=version, SubscribeURL=f"{bystander.url}/?Action=ConfirmSubscription")
    assert send(message).status_code == 200
    ((_, body),) = sns_api.hits
    asked = {name: values[0] for name, values in parse_qs(body).items()}
    assert asked["Action"] == "ConfirmSubscription"
    assert (asked["TopicArn"], asked["Token"]) == (TOPIC, "75732d65617374")
    assert asked["AuthenticateOnUnsubscribe"] == "true"
    assert bystander.connections == 0


def test_a_subscription_is_confirmed_in_the_topics_region_wherever_the_bucket_is(
    signer: Signer, settings: Settings, sns_api: Listener
) -> None:
    settings.S3_REGION = "eu-central-1"
    aws.forget_clients()
    assert send(signer.confirmation()).status_code == 200
    (authorization,) = sns_api.authorizations
    assert "/us-east-1/sns/aws4_request" in authorization


def test_an_address_inside_the_cloud_is_not_visited_either(signer: Signer, sns_api: Listener) -> None:
    message = signer.confirmation(SubscribeURL="http://169.254.169.254/latest/meta-data/")
    assert send(message).status_code == 200
    assert len(sns_api.hits) == 1


def test_a_confirmation_that_sns_does_not_take_is_to_be_sent_again(signer: Signer, sns_api: Listener) -> None:
    sns_api.answers["/"] = (400, XML, REFUSED)
    answer = send(signer.confirmation())
    assert (answer.status_code, answer.json()["code"]) == (503, "hook.failed")


def test_the_end_of_a_subscription_is_answered_and_logged(
    signer: Signer, sns_api: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    assert send(signer.confirmation(Type="UnsubscribeConfirmation")).status_code == 200
    assert f"the subscription to {TOPIC} was ended" in caplog.text
    assert sns_api.hits == []
    assert not tallies()
