"""Messages that anybody can write who knows the topic: however many come, SNS is asked for little."""

import random
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.uploads.events.bodies import s3
from tests.uploads.events.listening import Listener
from tests.uploads.events.signing import HOST, Signer, certificate, pem
from tests.uploads.events.test_sns_messages import STRAY, send
from uploads.errors import UserError
from uploads.events import certificates, restraint
from uploads.events.fetching import CertificateUnreachable

pytestmark = pytest.mark.django_db

HANDFUL = 6


def made_up_url() -> str:
    """Return an address at which SNS could have a certificate, and has none."""
    return Signer.certificate_url.replace("0f" * 16, f"{random.getrandbits(128):032x}")


def unsigned(signer: Signer, *, signature_bytes: int = 256, url: str = "") -> Any:
    """Return a message that only a certificate can tell from one of SNS."""
    made = signer.notification(s3(STRAY), SigningCertURL=url or made_up_url())
    return made | {"Signature": b64encode(random.randbytes(signature_bytes)).decode()}


@pytest.mark.parametrize("length", [0, 1, 127, 513, 4096])
def test_a_signature_that_cannot_be_one_by_its_length_asks_for_no_certificate(
    signer: Signer, certificate_server: Listener, length: int
) -> None:
    answer = send(unsigned(signer, signature_bytes=length, url=signer.certificate_url))
    assert (answer.status_code, answer.json()["code"]) == (403, "hook.sns-signature")
    assert certificate_server.connections == 0


@pytest.mark.parametrize("length", [128, 256, 512])
def test_a_signature_of_a_possible_length_is_looked_at(
    signer: Signer, certificate_server: Listener, length: int
) -> None:
    assert send(unsigned(signer, signature_bytes=length, url=signer.certificate_url)).status_code == 403
    assert certificate_server.connections == 1


@pytest.mark.parametrize("status", [404, 403, 429, 500])
def test_fifty_made_up_certificates_make_the_site_ask_for_a_handful(
    signer: Signer, certificate_server: Listener, status: int
) -> None:
    messages = [unsigned(signer) for _ in range(50)]
    for message in messages:
        certificate_server.answers[message["SigningCertURL"].removeprefix("https://" + HOST)] = (status, {}, b"")
    answers = [send(message).status_code for message in messages]
    assert len(certificate_server.hits) == certificate_server.connections == HANDFUL
    assert answers == [403 if status == 404 else 503] * HANDFUL + [503] * (50 - HANDFUL)


def test_while_strangers_are_held_off_what_sns_signs_is_taken_even_when_its_certificate_is_due_again(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "KEEP_SECONDS", 0)
    assert send(signer.notification(s3(STRAY))).status_code == 200
    for _ in range(50):
        send(unsigned(signer))
    assert len(certificate_server.hits) == 1 + HANDFUL
    assert send(signer.notification(s3(STRAY))).status_code == 200
    assert len(certificate_server.hits) == 2 + HANDFUL


@pytest.mark.parametrize(("reply", "answer"), [(404, 403), (429, 503), (500, 503)])
def test_a_certificate_that_could_not_be_had_is_asked_for_again_after_a_minute(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch, reply: int, answer: int
) -> None:
    certificate_server.answers[signer.certificate_path] = (reply, {}, b"")
    assert [send(signer.notification(s3(STRAY))).status_code for _ in range(3)] == [answer] * 3
    assert len(certificate_server.hits) == 1
    certificate_server.answers[signer.certificate_path] = (200, {}, signer.certificate)
    in_a_minute = time.monotonic() + 61
    monkeypatch.setattr(time, "monotonic", lambda: in_a_minute)
    assert send(signer.notification(s3(STRAY))).status_code == 200


def test_what_was_no_certificate_is_not_asked_for_again_either(signer: Signer, certificate_server: Listener) -> None:
    certificate_server.answers[signer.certificate_path] = (200, {}, b"hello")
    assert [send(signer.notification(s3(STRAY))).status_code for _ in range(3)] == [403] * 3
    assert len(certificate_server.hits) == 1


def test_two_certificates_are_fetched_at_a_time_and_nobody_waits_for_a_turn(certificate_server: Listener) -> None:
    certificate_server.drip_seconds = 0.5
    urls = [made_up_url() for _ in range(5)]
    for url in urls:
        certificate_server.answers[url.removeprefix("https://" + HOST)] = (200, {}, b"xx")

    def outcome(url: str) -> type[Exception]:
        with pytest.raises((UserError, CertificateUnreachable)) as refusal:
            certificates.public_key(url)
        return refusal.type

    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(outcome, urls))
    assert len(certificate_server.hits) == outcomes.count(UserError) == 2
    certificate_server.drip_seconds = 0
    assert outcome(made_up_url()) is UserError  # there is room again


@pytest.mark.parametrize("status", [429, 503])
def test_while_sns_does_not_answer_a_certificate_that_was_good_an_hour_ago_still_is(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(certificates, "KEEP_SECONDS", 0)
    assert send(signer.notification(s3(STRAY))).status_code == 200
    certificate_server.answers[signer.certificate_path] = (status, {}, b"")
    assert [send(signer.notification(s3(STRAY))).status_code for _ in range(3)] == [200] * 3
    assert len(certificate_server.hits) == 2


def test_a_certificate_that_sns_has_taken_away_is_good_no_longer(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certificates, "KEEP_SECONDS", 0)
    monkeypatch.setattr(restraint, "FAILED_SECONDS", 0)
    assert send(signer.notification(s3(STRAY))).status_code == 200
    del certificate_server.answers[signer.certificate_path]
    assert [send(signer.notification(s3(STRAY))).status_code for _ in range(2)] == [403] * 2
    certificate_server.answers[signer.certificate_path] = (429, {}, b"")
    assert send(signer.notification(s3(STRAY))).status_code == 503


def test_old_certificates_do_not_crowd_out_the_one_in_use(
    signer: Signer, certificate_server: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restraint, "FAILED_SECONDS", 0)
    assert send(signer.notification(s3(STRAY))).status_code == 200
    expired = pem(certificate(signer.key, from_days=-2, to_days=-1))
    for _ in range(certificates.KEPT):
        url = made_up_url()
        certificate_server.answers[url.removeprefix("https://" + HOST)] = (200, {}, expired)
        assert send(signer.notification(s3(STRAY), SigningCertURL=url)).status_code == 403
    certificate_server.hits.clear()
    assert send(signer.notification(s3(STRAY))).status_code == 200
    assert not certificate_server.hits
