"""Messages that SNS did not sign, or not for us: refused, and nobody in the world is asked anything."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.uploads.events.bodies import TOPIC, deliver, s3
from tests.uploads.events.listening import Listener
from tests.uploads.events.signing import Signer, new_key
from tests.uploads.events.test_sns_messages import STRAY, refused_as, send
from transcoding.models import Job
from uploads.models import EventTally

pytestmark = pytest.mark.django_db

Forge = Callable[[Signer, Any], Any]
PEM = Signer.certificate_path
MINUTE = timedelta(minutes=1)


@pytest.fixture
def known_certificate(signer: Signer, certificate_server: Listener) -> Listener:
    """The server of SNS, after the site has fetched the certificate."""
    assert send(signer.notification(s3(STRAY))).status_code == 200
    EventTally.objects.all().delete()
    certificate_server.hits.clear()
    certificate_server.connections = 0
    return certificate_server


def altered(**fields: Any) -> Forge:
    """Change a message after it was signed."""
    return lambda signer, message: message | fields


def without(field: str) -> Forge:
    return lambda signer, message: {name: value for name, value in message.items() if name != field}


def signed_with(**fields: str) -> Forge:
    """Let SNS itself sign the change: it is what it says that is wrong."""
    return lambda signer, message: signer.signed({**message, **fields})


def aged(age: timedelta) -> Forge:
    return lambda signer, message: signer.notification(s3(STRAY), age=age)


def by_another(version: str) -> Forge:
    return lambda signer, message: signer.signed({**message, "SignatureVersion": version}, key=new_key("another"))


def swapped(signed: str, said: str) -> Forge:
    """Say that the other kind of signature was used."""
    return lambda signer, message: signer.notification(s3(STRAY), version=signed) | {"SignatureVersion": said}


FORGERIES: dict[str, Forge] = {
    "another key, v1": by_another("1"),
    "another key, v2": by_another("2"),
    "v1 called v2": swapped("1", "2"),
    "v2 called v1": swapped("2", "1"),
    "altered message": altered(Message='{"Records": []}'),
    "altered id": altered(MessageId="another"),
    "altered subject": altered(Subject="another"),
    "added subject": lambda signer, message: signer.signed(without("Subject")(signer, message)) | {"Subject": "x"},
    "altered time": lambda signer, message: (
        signer.notification(s3(STRAY), age=MINUTE) | {"Timestamp": message["Timestamp"]}
    ),
    "altered type": altered(Type="SubscriptionConfirmation", Token="x", SubscribeURL="http://169.254.169.254/"),
    "no signature": without("Signature"),
    "empty signature": altered(Signature=""),
    "signature that is no base64": altered(Signature="*" * 344),
    "signature that is no text": altered(Signature=["x"]),
    "no version": without("SignatureVersion"),
    "version 3": altered(SignatureVersion="3"),
    "version that is a number": altered(SignatureVersion=1),
    "no message": without("Message"),
    "message that is no text": altered(Message={"Records": []}),
    "half a character": altered(Message="\ud800"),
    "no time": without("Timestamp"),
    "no topic": without("TopicArn"),
    "foreign topic": signed_with(TopicArn="arn:aws:sns:us-east-1:666666666666:uploads"),
    "topic of another region": signed_with(TopicArn=TOPIC.replace("us-east-1", "eu-west-1")),
    "topic with an ending": signed_with(TopicArn=TOPIC + "\n"),
    "71 minutes old": aged(71 * MINUTE),
    "a year old": aged(timedelta(days=365)),
    "6 minutes ahead": aged(-6 * MINUTE),
    "time without a zone": signed_with(Timestamp="2026-11-22T10:36:19"),
    "time that is none": signed_with(Timestamp="2026-13-45T10:36:19Z"),
    "time in words": signed_with(Timestamp="now"),
}
URLS = {
    "another service": f"https://s3.amazonaws.com{PEM}",
    "a bucket": f"https://sns.s3.us-east-1.amazonaws.com{PEM}",
    "no TLS": f"http://sns.us-east-1.amazonaws.com{PEM}",
    "a port": f"https://sns.us-east-1.amazonaws.com:8443{PEM}",
    "the usual port": f"https://sns.us-east-1.amazonaws.com:443{PEM}",
    "a user": f"https://somebody@sns.us-east-1.amazonaws.com{PEM}",
    "a host as a user": f"https://sns.us-east-1.amazonaws.com@127.0.0.1{PEM}",
    "a host as a user and password": f"https://sns.us-east-1.amazonaws.com:x@127.0.0.1{PEM}",
    "a backslash": f"https://127.0.0.1\\@sns.us-east-1.amazonaws.com{PEM}",
    "another region": f"https://sns.eu-west-1.amazonaws.com{PEM}",
    "an ending": f"https://sns.us-east-1.amazonaws.com.example.org{PEM}",
    "a beginning": f"https://example.sns.us-east-1.amazonaws.com{PEM}",
    "China": f"https://sns.us-east-1.amazonaws.com.cn{PEM}",
    "a dot that is none": f"https://sns-us-east-1.amazonaws.com{PEM}",
    "capitals": f"https://SNS.us-east-1.amazonaws.com{PEM}",
    "a path": f"https://sns.us-east-1.amazonaws.com/x{PEM}",
    "a path back": f"https://sns.us-east-1.amazonaws.com/x/..{PEM}",
    "another file": "https://sns.us-east-1.amazonaws.com/evil.pem",
    "a short name": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0f.pem",
    "a query": f"https://sns.us-east-1.amazonaws.com{PEM}?x=1",
    "a fragment": f"https://sns.us-east-1.amazonaws.com{PEM}#x",
    "a line break": f"https://sns.us-east-1.amazonaws.com{PEM}\n",
    "a file": f"file:///etc{PEM}",
    "nothing": "",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_message_is_refused_and_nobody_is_asked(
    signer: Signer, known_certificate: Listener, outgoing: list[Any], forge: Forge
) -> None:
    message = signer.notification(s3(STRAY))
    assert refused_as(forge(signer, message)).startswith("hook.sns-")
    assert (outgoing, known_certificate.connections) == ([], 0)
    assert not EventTally.objects.exists()


@pytest.mark.parametrize("url", URLS.values(), ids=URLS)
def test_a_certificate_from_elsewhere_is_refused_and_not_fetched(
    signer: Signer, certificate_server: Listener, outgoing: list[Any], url: str
) -> None:
    assert refused_as(signer.notification(s3(STRAY), SigningCertURL=url)) == "hook.sns-certificate"
    assert (outgoing, certificate_server.connections) == ([], 0)


def test_a_message_that_names_a_listener_of_the_forgers_own_does_not_reach_it(
    signer: Signer, certificate_server: Listener, bystander: Listener
) -> None:
    """Without the guard of the other tests: a real listener is there to be reached."""
    bystander.answers[PEM] = (200, {}, signer.certificate)
    for url in (f"{bystander.url}{PEM}", f"https://127.0.0.1:{certificate_server.port}{PEM}"):
        message = signer.notification(s3(STRAY), SigningCertURL=url, SubscribeURL=url, UnsubscribeURL=url)
        assert refused_as(message) == "hook.sns-certificate"
    assert (bystander.connections, certificate_server.connections) == (0, 0)


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_forged_confirmation_is_refused_and_nobody_is_asked(
    signer: Signer, known_certificate: Listener, outgoing: list[Any], kind: str
) -> None:
    genuine = signer.confirmation(Type=kind, SubscribeURL="http://169.254.169.254/latest/meta-data/")
    forged = signer.signed(genuine, key=new_key("another"))
    assert refused_as(forged) == "hook.sns-signature"
    assert refused_as(genuine | {"Token": "another"}) == "hook.sns-signature"
    assert refused_as(genuine | {"SubscribeURL": "http://127.0.0.1/"}) == "hook.sns-signature"
    foreign = signer.confirmation(Type=kind, TopicArn="arn:aws:sns:us-east-1:666666666666:uploads")
    assert refused_as(foreign) == "hook.sns-topic"
    assert (outgoing, known_certificate.connections) == ([], 0)


def test_an_event_that_sns_delivers_raw_carries_no_signature_and_is_refused(outgoing: list[Any]) -> None:
    answer = deliver(s3(STRAY), **{"x-amz-sns-rawdelivery": "true", "x-amz-sns-topic-arn": TOPIC})
    assert (answer.status_code, answer.json()["code"]) == (403, "hook.not-known")
    assert not outgoing


def test_a_site_that_names_no_topic_takes_no_message(
    signer: Signer, known_certificate: Listener, settings: Any, outgoing: list[Any]
) -> None:
    settings.S3_EVENT_TOPIC_ARNS = []
    assert refused_as(signer.notification(s3(STRAY))) == "hook.sns-topic"
    assert not outgoing
    assert not Job.objects.exists()
