"""The bucket set up, and looked at, with exactly the rights that the manual names."""

import pytest
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of, states
from tests.uploads.bucket.rights import allowed_only, documented
from uploads.bucket.item import Item
from uploads.bucket.network_check import what_is_missing
from uploads.bucket.services import bucket_check, bucket_set_up
from uploads.stores import aws

pytestmark = pytest.mark.usefixtures("amazon")

SET_UP = "Whoever runs `manage.py s3_setup`"
SITE = "The site. Replace `BUCKET`"


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server here confirms a subscription at once."""
    monkeypatch.setattr("uploads.bucket.sns_subscription.PAUSE_SECONDS", 0)


def test_the_rights_of_the_manual_suffice_to_set_up_sns_from_nothing(settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = "sns", []
    rights = documented(of=SET_UP)
    with allowed_only(rights) as asked:
        found = states(bucket_set_up())
        assert (found.pop("SNS subscription"), set(found.values())) == ("missing", {"made"})
        arn = "arn:aws:sns:eu-west-1:123456789012:vidsite-media-example-org"
        settings.S3_EVENT_TOPIC_ARNS = [arn]
        assert of(bucket_set_up(), "SNS subscription").state == "made"
        assert set(states(bucket_check()).values()) == {"ok"}
        (ours,) = aws.sns().list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        raw = {"AttributeName": "RawMessageDelivery", "AttributeValue": "true"}
        aws.sns().set_subscription_attributes(SubscriptionArn=ours["SubscriptionArn"], **raw)
        assert of(bucket_set_up(), "SNS subscription").state == "made"
    assert asked == {right for right in rights if not right.startswith("sqs:")}


def test_the_rights_of_the_manual_suffice_to_set_up_a_queue(settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_QUEUE_URL = "sqs", aws.sqs().create_queue(QueueName="sources")["QueueUrl"]
    rights = documented(of=SET_UP)
    with allowed_only(rights) as asked:
        assert set(states(bucket_set_up()).values()) == {"made"}
        assert set(states(bucket_check()).values()) == {"ok"}
    assert asked == {right for right in rights if not right.startswith("sns:")}


@pytest.mark.parametrize("arns", [[], ["arn:aws:sns:eu-west-1:123456789012:theirs"]])
def test_the_check_for_deployment_ends_in_warnings_with_the_rights_of_the_site(
    settings: Settings, arns: list[str]
) -> None:
    bucket_set_up()
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = "sns", arns
    with allowed_only(documented(of=SITE)):
        found = what_is_missing()
    assert {warning.id for warning in found} <= {"uploads.W010", "uploads.W012"}
    assert len(found) == 7


def test_credentials_without_any_right_to_sns_are_told_what_to_run(settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = "sns", []
    with allowed_only({action for action in documented(of=SET_UP) if action.startswith("s3:")}):
        found = bucket_set_up()
    assert of(found, "SNS topic").commands == (
        "aws sns create-topic --name vidsite-media-example-org --region eu-west-1",
    )
    for item in ("SNS topic policy", "notification", "SNS subscription"):
        assert (of(found, item).state, of(found, item).sentence) == ("missing", "There is no topic yet.")


class Stubborn(Item[str]):
    """Nothing about it is allowed, not even what its commands would need."""

    name = "stubborn"

    def promise(self) -> str:
        return ""

    def read(self) -> str:
        return aws.sns().create_topic(Name="stubborn")["TopicArn"]

    def differs(self, found: str) -> str:
        return ""

    def write(self, found: str) -> None:
        """Do nothing."""

    def commands(self, found: str) -> tuple[str, ...]:
        return (self.read(),)

    def commands_unseen(self) -> tuple[str, ...]:
        return (self.read(),)


def test_an_item_whose_commands_cannot_be_made_either_is_said_and_ends_nothing() -> None:
    with allowed_only(set()):
        finding = Stubborn().examine(mend=True)
    assert (finding.state, finding.commands) == ("by hand", ())
    assert finding.sentence.startswith("These credentials may not look at it (AuthorizationError): run `manage.py")
