"""Who may deliver events, and what the webhook refuses; nothing that is delivered makes the site ask anybody."""

import hmac
import logging
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import Client
from pytest_django.fixtures import Settings

from tests.uploads.events.bodies import (
    SECRET,
    ceph,
    deliver,
    eventbridge,
    minio,
    r2,
    raw,
    record,
    s3,
    signature,
    tallies,
)
from uploads import hooks

pytestmark = pytest.mark.django_db

KIB = 1024
STRAY = "sources/00000000-0000-4000-8000-000000000000/source"
SIGNED = "X-Vidsite-Signature"


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(answer.json()) == {"code", "message"}
    assert not tallies()


def test_a_forwarded_event_is_known_by_its_signature() -> None:
    body = raw(s3(STRAY))
    assert deliver(body, **{SIGNED: signature(body)}).json() == {"unknown": 1}
    assert tallies() == {("forward", "unknown"): 1}


def test_an_eventbridge_connection_is_known_by_its_api_key() -> None:
    assert deliver(eventbridge(STRAY), **{"X-Api-Key": SECRET}).status_code == 200
    assert tallies() == {("eventbridge", "unknown"): 1}


def test_minio_is_known_by_its_token() -> None:
    assert deliver(minio(STRAY), Authorization=f"Bearer {SECRET}").status_code == 200
    assert tallies() == {("minio", "unknown"): 1}


def test_a_worker_that_forwards_r2s_messages_is_known_by_its_token() -> None:
    assert deliver(r2(STRAY), Authorization=f"Bearer {SECRET}").json() == {"unknown": 1}


def test_a_ceph_gateway_is_known_by_what_its_topic_adds_to_each_event() -> None:
    assert deliver(ceph(STRAY)).status_code == 200
    assert tallies() == {("ceph", "unknown"): 1}


@pytest.mark.parametrize("secret", ["old", "new"])
def test_while_a_secret_is_changed_both_are_good(settings: Settings, secret: str) -> None:
    settings.S3_EVENT_SECRETS = ["new", "old"]
    body = raw(s3(STRAY))
    assert deliver(body, **{SIGNED: signature(body, secret=secret)}).status_code == 200
    assert deliver(body, Authorization=f"Bearer {secret}").status_code == 200
    assert deliver(ceph(STRAY, secret=secret)).status_code == 200


def test_a_secret_may_be_written_in_any_letters(settings: Settings) -> None:
    settings.S3_EVENT_SECRETS = ["ключ"]
    assert deliver(ceph(STRAY, secret="ключ")).status_code == 200
    as_django_reads_it = "ключ".encode().decode("latin-1")
    assert deliver(s3(STRAY), Authorization=f"Bearer {as_django_reads_it}").status_code == 200


@pytest.mark.parametrize("seconds", [-299, 299])
def test_a_signatures_time_may_be_a_little_off(seconds: int) -> None:
    body = raw(s3(STRAY))
    assert deliver(body, **{SIGNED: signature(body, at=time.time() + seconds * 0.99)}).status_code == 200


@pytest.mark.parametrize("seconds", [-301, 310, -86400])
def test_a_signature_of_another_time_is_refused(outgoing: list[Any], seconds: int) -> None:
    body = raw(s3(STRAY))
    answer = deliver(body, **{SIGNED: signature(body, at=time.time() + seconds)})
    assert_refused(answer, 403, "hook.old-signature")


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: signature(body, secret="another"),
        lambda body: signature(body + b" "),
        lambda body: signature(body).upper(),
        lambda body: signature(body).replace("t=", "t=0"),
        lambda body: signature(body).replace("v1", "v0"),
        lambda body: signature(body) + ",v1=0",
        lambda body: signature(body)[:-1],
        lambda body: "v1=" + hmac.new(SECRET.encode(), body, "sha256").hexdigest(),
        lambda body: SECRET,
        lambda body: "",
        lambda body: "t=9" + "9" * 5000 + ",v1=" + "0" * 64,
    ],
    ids=["secret", "body", "case", "time", "scheme", "more", "cut", "no time", "the secret", "empty", "huge time"],
)  # fmt: skip
def test_a_signature_that_is_wrong_is_refused_before_the_body_is_read(
    outgoing: list[Any], forge: Callable[[bytes], str]
) -> None:
    body = raw(s3(STRAY))
    assert_refused(deliver(body, **{SIGNED: forge(body)}), 403, "hook.wrong-signature")
    assert_refused(deliver(b"[" * 1000, **{SIGNED: forge(body)}), 403, "hook.wrong-signature")


@pytest.mark.parametrize("wrong", ["another", "", SECRET + " ", SECRET[:-1], "ключ"])
@pytest.mark.parametrize("header", ["X-Api-Key", "Authorization"])
def test_a_secret_that_is_wrong_is_refused_before_the_body_is_read(
    outgoing: list[Any], header: str, wrong: str
) -> None:
    value = f"Bearer {wrong}" if header == "Authorization" else wrong
    assert_refused(deliver(s3(STRAY), **{header: value}), 403, "hook.wrong-secret")
    assert_refused(deliver(b"not JSON", **{header: value}), 403, "hook.wrong-secret")


def test_a_wrong_credential_is_not_mended_by_a_right_one_beside_it(outgoing: list[Any]) -> None:
    body = raw(ceph(STRAY))
    headers = {SIGNED: signature(body, secret="another"), "X-Api-Key": SECRET}
    assert_refused(deliver(body, **headers), 403, "hook.wrong-signature")
    assert_refused(deliver(body, Authorization="Bearer another"), 403, "hook.wrong-secret")


@pytest.mark.parametrize(
    "body",
    [
        s3(STRAY), eventbridge(STRAY), minio(STRAY), r2(STRAY), ceph(STRAY, secret="another"), ceph(STRAY, secret=""),
        {"Records": []}, {"Service": "Amazon S3", "Event": "s3:TestEvent"},
        {"Records": [*ceph(STRAY)["Records"], record(STRAY)]},
        {"Records": [*ceph(STRAY)["Records"], {"opaqueData": "\ud800"}]},
        {}, [], None, {"Type": ["Notification"]}, {"Type": "Other"},
    ],
)  # fmt: skip
def test_whoever_shows_no_credential_is_refused(outgoing: list[Any], body: Any) -> None:
    assert_refused(deliver(body), 403, "hook.not-known")
    assert not outgoing


@pytest.mark.parametrize("secrets", [[], [""]])
def test_a_site_without_secrets_knows_nobody(outgoing: list[Any], settings: Settings, secrets: list[str]) -> None:
    settings.S3_EVENT_SECRETS = secrets
    body = raw(ceph(STRAY, secret=""))
    assert_refused(deliver(body, **{SIGNED: signature(body, secret="")}), 403, "hook.wrong-signature")
    assert_refused(deliver(body, **{"X-Api-Key": ""}), 403, "hook.wrong-secret")
    assert_refused(deliver(body, Authorization="Bearer "), 403, "hook.wrong-secret")
    assert_refused(deliver(body), 403, "hook.not-known")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_posting_is_allowed(method: str) -> None:
    answer = getattr(Client(), method)("/hooks/s3/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_a_body_of_fifty_megabytes_is_refused_without_being_read() -> None:
    class Unread(BytesIO):
        """A body that must not be read."""

        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("the body was read")

    body: Any = {"wsgi.input": Unread()}
    answer = Client().generic("POST", "/hooks/s3/", CONTENT_LENGTH=str(50 * KIB * KIB), **body)
    assert_refused(answer, 413, "hook.too-large")


def test_a_body_that_declares_no_length_is_read_no_further_than_what_is_taken() -> None:
    body = BytesIO(bytes(1024 * KIB))
    scope = {"type": "http", "method": "POST", "path": "/hooks/s3/", "headers": []}
    answer = hooks.s3(ASGIRequest(scope, body))
    assert answer.status_code == 413
    assert body.tell() <= 256 * KIB + 1


@pytest.mark.parametrize("length", ["-1", "many", "9" * 5000, "1e3"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert_refused(Client().generic("POST", "/hooks/s3/", b"{}", CONTENT_LENGTH=length), 413, "hook.too-large")


def test_a_body_as_large_as_senders_make_them_is_taken() -> None:
    body = raw(s3(STRAY))
    body += b" " * (256 * KIB - len(body))
    assert deliver(body, **{SIGNED: signature(body)}).status_code == 200
    assert deliver(body + b" ", **{SIGNED: signature(body + b" ")}).status_code == 413


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"\xff\xfe", b"[" * 200_000, b'{"Records":' * 20_000, b"9" * 5000],
    ids=["empty", "words", "no text", "deep list", "deep object", "huge number"],
)  # fmt: skip
def test_what_is_no_json_is_refused_from_friend_and_stranger(outgoing: list[Any], body: bytes) -> None:
    assert_refused(deliver(body), 400, "hook.not-json")
    assert_refused(deliver(body, **{SIGNED: signature(body)}), 400, "hook.not-json")


def test_a_friends_json_that_is_no_event_is_refused(outgoing: list[Any]) -> None:
    assert_refused(deliver({"hello": 1}, **{"X-Api-Key": SECRET}), 400, "hook.not-an-event")


def test_json_that_calls_itself_plain_text_is_read_all_the_same() -> None:
    assert deliver(ceph(STRAY), content_type="text/plain; charset=UTF-8").status_code == 200


def test_a_refusal_is_logged_once_with_its_reason_and_without_the_body(caplog: pytest.LogCaptureFixture) -> None:
    deliver(ceph("a/secret/key", secret="guessed"))
    (line,) = [line for line in caplog.records if line.name == "uploads.deliveries"]
    assert line.levelno == logging.WARNING
    assert "hook.not-known" in line.getMessage()
    assert "guessed" not in caplog.text
    assert "a/secret/key" not in caplog.text
