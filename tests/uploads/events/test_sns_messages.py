"""Messages that SNS really signed, and what the site asks of whom to find that out."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from tests.uploads.events.bodies import TOPIC, arrived, deliver, eventbridge, s3, tallies
from tests.uploads.events.listening import Listener
from tests.uploads.events.signing import Signer, certificate, new_key, pem
from transcoding.models import Job
from uploads.events import certificates, fetching, restraint

pytestmark = pytest.mark.django_db

STRAY = "sources/00000000-0000-4000-8000-000000000000/source"
TOO_MUCH = pem(certificate(new_key("sns"))) + b"\n" * 70_000
TEXT = "text/plain; charset=UTF-8"


def send(message: Any) -> Any:
    """Deliver a message as SNS does."""
    return deliver(message, content_type=TEXT, **{"x-amz-sns-message-type": message["Type"]})


def refused_as(message: Any) -> str:
    """Deliver a message that is refused, and return the code."""
    answer = send(message)
    assert answer.status_code == 403
    assert set(answer.json()) == {"code", "message"}
    assert not Job.objects.exists()
    return str(answer.json()["code"])


@pytest.mark.usefixtures("certificate_server", "redis")
@pytest.mark.parametrize("version", ["1", "2"])
def test_a_message_that_sns_signed_starts_the_job(alices: Client, signer: Signer, version: str) -> None:
    _, key, etag = arrived(alices)
    assert send(signer.notification(s3(key, etag), version=version)).json() == {"taken": 1}
    assert tallies() == {("sns", "taken"): 1}
    assert Job.objects.count() == 1


@pytest.mark.usefixtures("certificate_server")
def test_a_message_without_a_subject_is_signed_without_one(signer: Signer) -> None:
    message = signer.notification(s3(STRAY))
    del message["Subject"]
    assert send(signer.signed(message)).status_code == 200
    assert send(signer.signed(message) | {"Subject": None}).status_code == 200


@pytest.mark.usefixtures("certificate_server")
def test_sns_may_carry_what_eventbridge_makes_of_an_event(signer: Signer) -> None:
    assert send(signer.notification(eventbridge(STRAY))).json() == {"unknown": 1}


@pytest.mark.usefixtures("certificate_server")
def test_the_event_by_which_s3_tries_a_topic_is_answered(signer: Signer) -> None:
    assert send(signer.notification({"Service": "Amazon S3", "Event": "s3:TestEvent"})).json() == {"test": 1}


@pytest.mark.usefixtures("certificate_server")
@pytest.mark.parametrize("message", ["hello", {"hello": 1}])
def test_a_signed_message_that_is_no_event_is_refused(signer: Signer, message: Any) -> None:
    assert send(signer.notification(message)).json()["code"] == "hook.not-an-event"


@pytest.mark.usefixtures("certificate_server")
@pytest.mark.parametrize("age", [timedelta(minutes=69), timedelta(minutes=-4)])
def test_a_message_that_sns_tried_to_send_for_an_hour_is_taken(signer: Signer, age: timedelta) -> None:
    assert send(signer.notification(s3(STRAY), age=age)).status_code == 200


def test_the_certificate_is_fetched_once(signer: Signer, certificate_server: Listener) -> None:
    for _ in range(3):
        send(signer.notification(s3(STRAY)))
    assert certificate_server.hits == [(signer.certificate_path, "")]


def test_the_certificate_is_fetched_again_after_an_hour(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "KEEP_SECONDS", 0)
    for _ in range(2):
        send(signer.notification(s3(STRAY)))
    assert len(certificate_server.hits) == 2


@pytest.mark.usefixtures("certificate_server")
def test_many_certificates_do_not_pile_up(signer: Signer, certificate_server: Listener) -> None:
    for n in range(certificates.KEPT + 3):
        path = f"/SimpleNotificationService-{n:032x}.pem"
        certificate_server.answers[path] = (200, {}, signer.certificate)
        url = signer.certificate_url.replace(signer.certificate_path, path)
        assert send(signer.notification(s3(STRAY), SigningCertURL=url)).status_code == 200
    assert len(certificates._kept) == certificates.KEPT


@pytest.mark.parametrize(("from_days", "to_days"), [(-2, -1), (1, 2)], ids=["expired", "not yet valid"])
def test_a_certificate_that_is_not_valid_now_is_refused(
    signer: Signer, certificate_server: Listener, from_days: int, to_days: int
) -> None:
    made = certificate(signer.key, from_days=from_days, to_days=to_days)
    certificate_server.answers[signer.certificate_path] = (200, {}, pem(made))
    assert refused_as(signer.notification(s3(STRAY))) == "hook.sns-certificate"


@pytest.mark.parametrize(
    "reply",
    [
        (200, {}, b""), (200, {}, b"hello"), (200, {}, TOO_MUCH), (404, {}, b""), (410, {}, b""),
        (200, {}, pem(certificate(ec.generate_private_key(ec.SECP256R1())))), (204, {}, b""),
    ],
    ids=["nothing", "words", "too much", "missing", "gone", "no RSA key", "no content"],
)  # fmt: skip
def test_what_is_no_certificate_of_sns_is_refused(signer: Signer, certificate_server: Listener, reply: Any) -> None:
    certificate_server.answers[signer.certificate_path] = reply
    assert refused_as(signer.notification(s3(STRAY))) == "hook.sns-certificate"


def test_a_redirect_from_where_certificates_are_is_not_followed(
    signer: Signer, certificate_server: Listener, bystander: Listener
) -> None:
    bystander.answers["/"] = (200, {}, signer.certificate)
    certificate_server.answers[signer.certificate_path] = (302, {"Location": f"{bystander.url}/"}, b"")
    assert refused_as(signer.notification(s3(STRAY))) == "hook.sns-certificate"
    assert bystander.connections == 0


@pytest.mark.parametrize("status", [403, 408, 429, 500, 503])
def test_while_the_certificate_cannot_be_had_the_message_is_to_be_sent_again(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(restraint, "FAILED_SECONDS", 0)
    certificate_server.answers[signer.certificate_path] = (status, {}, b"")
    answer = send(signer.notification(s3(STRAY)))
    assert (answer.status_code, answer.json()["code"]) == (503, "hook.failed")
    certificate_server.answers[signer.certificate_path] = (200, {}, signer.certificate)
    assert send(signer.notification(s3(STRAY))).status_code == 200


def test_a_certificate_that_drips_is_given_up(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "FETCH_SECONDS", 0.3)
    certificate_server.drip_seconds = 0.01  # of more than a thousand bytes; none of them is long in coming
    assert send(signer.notification(s3(STRAY))).status_code == 503


def test_a_server_that_is_not_the_one_it_is_called_is_not_asked(
    signer: Signer, certificate_server: Listener, settings: Any
) -> None:
    """This one has a certificate for us-east-1 alone, as whoever bends our DNS would have none at all."""
    settings.S3_EVENT_TOPIC_ARNS = [TOPIC.replace("us-east-1", "eu-west-1")]
    message = signer.notification(
        s3(STRAY), TopicArn=settings.S3_EVENT_TOPIC_ARNS[0],
        SigningCertURL=signer.certificate_url.replace("us-east-1", "eu-west-1"),
    )  # fmt: skip
    assert send(message).status_code == 503
    assert certificate_server.hits == []


def test_the_sites_own_client_takes_no_proxy_and_no_server_that_nobody_vouches_for(
    certificate_server: Listener, bystander: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, bystander.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    url = f"https://127.0.0.1:{certificate_server.port}{Signer.certificate_path}"
    with fetching.connect() as client, pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        client.get(url)
    assert (bystander.connections, certificate_server.connections, certificate_server.hits) == (0, 1, [])


def test_all_certificates_are_fetched_by_one_client() -> None:
    assert fetching.client() is fetching.client()
    fetching.client().close()
    fetching.client.cache_clear()


@pytest.mark.parametrize(
    ("region", "partition", "host"),
    [
        ("eu-west-1", "aws", "sns.eu-west-1.amazonaws.com"),
        ("cn-north-1", "aws-cn", "sns.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "sns.us-gov-west-1.amazonaws.com"),
    ],
)
def test_each_region_has_its_own_host(region: str, partition: str, host: str) -> None:
    arn = f"arn:{partition}:sns:{region}:123456789012:uploads"
    path = f"/SimpleNotificationService-{'0f' * 16}.pem"
    assert certificates.is_trusted(f"https://{host}{path}", topic_arn=arn)
    assert not certificates.is_trusted(f"https://{host}{path}", topic_arn=TOPIC)
    assert not certificates.is_trusted(f"https://{host}.cn{path}", topic_arn=arn)
