"""What the server itself refuses of an upload: nobody of ours is there to look."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import PART, VIDEO, altered, in_an_hour, lengths_of, open_upload, put, refusal, unsigned
from uploads.keys import source_key
from uploads.stores.s3 import S3Store

FILM = b"f" * 1000
WRONG_SIGNATURE = (403, "SignatureDoesNotMatch")
DENIED = (403, "AccessDenied")


def last_digit_changed(hexadecimal: str) -> str:
    return hexadecimal[:-1] + ("0" if hexadecimal[-1] != "0" else "1")


def test_a_right_put_arrives_so_that_the_refusals_below_mean_something(
    store: S3Store, bucket: Bucket, web: httpx.Client
) -> None:
    sending = open_upload(store, len(FILM))
    assert put(web, sending.puts[1], FILM).status_code == 200
    assert bucket.content(sending.key) == FILM


def test_a_tampered_signature_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    signed = open_upload(store, len(FILM)).puts[1]
    signature = dict(parse_qsl(urlsplit(signed.url).query))["X-Amz-Signature"]
    forged = altered(signed, X_Amz_Signature=last_digit_changed(signature))
    assert refusal(put(web, forged, FILM)) == WRONG_SIGNATURE
    assert bucket.keys() == []


def test_a_url_whose_time_is_over_is_refused(
    store: S3Store, bucket: Bucket, web: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    then = timezone.now() - timedelta(hours=2)
    with monkeypatch.context() as earlier:
        earlier.setattr("uploads.stores.s3.timezone.now", lambda: then)
        (signed,) = store.sign_parts(
            source_key(uuid4()), "PUT", {1: len(FILM)}, content_type=VIDEO, expires_at=then + timedelta(hours=1)
        ).values()
    answer = put(web, signed, FILM)
    assert refusal(answer) == DENIED
    assert bucket.keys() == []


def test_a_longer_time_than_was_signed_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    signed = altered(open_upload(store, len(FILM)).puts[1], X_Amz_Expires="86400")
    assert refusal(put(web, signed, FILM)) == WRONG_SIGNATURE
    assert bucket.keys() == []


def test_another_key_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    signed = altered(open_upload(store, len(FILM)).puts[1], path=f"/{bucket.name}/{source_key(uuid4())}")
    assert refusal(put(web, signed, FILM)) == WRONG_SIGNATURE
    assert bucket.keys() == []


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_another_method_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client, method: str) -> None:
    sending = open_upload(store, len(FILM))
    put(web, sending.puts[1], FILM)
    answer = web.request(method, sending.puts[1].url, headers=dict(sending.puts[1].headers))
    assert answer.status_code in {403, 405}
    assert bucket.content(sending.key) == FILM


def test_a_url_for_reading_cannot_be_written_to(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    url = store.sign_get(source_key(uuid4()), starts_at=timezone.now(), expires_at=in_an_hour())
    assert refusal(web.put(url, content=FILM)) == WRONG_SIGNATURE
    assert bucket.keys() == []


@pytest.mark.parametrize("body", [FILM[:-1], FILM + b"f", b""], ids=["shorter", "longer", "empty"])
def test_another_length_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client, body: bytes) -> None:
    assert refusal(put(web, open_upload(store, len(FILM)).puts[1], body)) == WRONG_SIGNATURE
    assert bucket.keys() == []


def test_a_body_that_does_not_say_how_long_it_is_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        yield FILM

    signed = open_upload(store, len(FILM)).puts[1]
    answer = web.put(signed.url, content=chunks(), headers=dict(signed.headers))
    assert answer.status_code in {403, 411}
    assert bucket.keys() == []


def test_a_body_that_breaks_off_leaves_nothing(store: S3Store, bucket: Bucket) -> None:
    signed = open_upload(store, len(FILM)).puts[1]
    address = urlsplit(signed.url)
    headers = {"Host": address.netloc, **signed.headers, "Content-Length": str(len(FILM)), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with socket.create_connection((str(address.hostname), address.port or 80)) as connection:
        connection.sendall(f"PUT {address.path}?{address.query} HTTP/1.1\r\n{lines}\r\n".encode() + FILM[:500])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1000)
    assert not answer.startswith(b"HTTP/1.1 200")
    assert bucket.keys() == []


@pytest.mark.parametrize("content_type", ["text/html", None], ids=["other", "missing"])
def test_another_content_type_is_refused(
    store: S3Store, bucket: Bucket, web: httpx.Client, content_type: str | None
) -> None:
    answer = put(web, open_upload(store, len(FILM)).puts[1], FILM, Content_Type=content_type)
    assert refusal(answer) == WRONG_SIGNATURE
    assert bucket.keys() == []


@pytest.mark.parametrize("condition", ["anything", None], ids=["other", "missing"])
def test_a_put_that_would_not_mind_an_object_being_there_is_refused(
    store: S3Store, bucket: Bucket, web: httpx.Client, condition: str | None
) -> None:
    answer = put(web, open_upload(store, len(FILM)).puts[1], FILM, If_None_Match=condition)
    assert refusal(answer) == WRONG_SIGNATURE
    assert bucket.keys() == []


def test_a_finished_source_is_not_overwritten_by_its_old_url(
    store: S3Store, bucket: Bucket, web: httpx.Client
) -> None:
    sending = open_upload(store, len(FILM))
    put(web, sending.puts[1], FILM)
    assert put(web, sending.puts[1], b"e" * len(FILM)).status_code == 412
    assert bucket.content(sending.key) == FILM


def test_anybody_without_a_signature_is_refused(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    assert refusal(put(web, unsigned(open_upload(store, len(FILM)).puts[1]), FILM)) == DENIED
    assert bucket.keys() == []


def test_anybody_without_a_signature_cannot_read(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, len(FILM))
    put(web, sending.puts[1], FILM)
    assert refusal(web.get(unsigned(sending.puts[1]).url)) == DENIED


@pytest.mark.parametrize("body", [b"t" * 9, b"t" * 11], ids=["shorter", "longer"])
def test_a_part_of_another_length_is_refused(store: S3Store, web: httpx.Client, body: bytes) -> None:
    sending = open_upload(store, PART + 10)
    assert refusal(put(web, sending.puts[2], body)) == WRONG_SIGNATURE
    assert store.list_parts(sending.key, sending.upload_id) == []


def test_the_url_of_one_part_is_refused_for_another_part(store: S3Store, web: httpx.Client) -> None:
    sending = open_upload(store, PART + 10)
    assert refusal(put(web, altered(sending.puts[2], partNumber="1"), b"t" * 10)) == WRONG_SIGNATURE
    assert store.list_parts(sending.key, sending.upload_id) == []


def test_a_part_signed_for_another_upload_of_the_same_key_is_refused(store: S3Store, web: httpx.Client) -> None:
    ours = open_upload(store, PART + 10)
    other = open_upload(store, PART + 10, key=ours.key)
    assert refusal(put(web, altered(ours.puts[2], uploadId=other.upload_id), b"t" * 10)) == WRONG_SIGNATURE
    assert store.list_parts(other.key, other.upload_id) == []


def test_a_part_without_a_signature_is_refused(store: S3Store, web: httpx.Client) -> None:
    sending = open_upload(store, PART + 10)
    assert refusal(put(web, unsigned(sending.puts[2]), b"t" * 10)) == DENIED
    assert store.list_parts(sending.key, sending.upload_id) == []


def test_a_parts_url_cannot_complete_the_upload(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, PART + 10)
    put(web, sending.puts[2], b"t" * 10)
    assert refusal(web.post(sending.puts[2].url, content=b"")) == WRONG_SIGNATURE
    assert bucket.keys() == []


def test_a_part_of_an_upload_that_is_over_changes_nothing(store: S3Store, bucket: Bucket, web: httpx.Client) -> None:
    sending = open_upload(store, PART + 10)
    for number, length in lengths_of(sending.size_bytes).items():
        put(web, sending.puts[number], b"f" * length)
    sending.complete()
    assert refusal(put(web, sending.puts[2], b"e" * 10)) == (404, "NoSuchUpload")
    assert bucket.content(sending.key) == b"f" * (PART + 10)
