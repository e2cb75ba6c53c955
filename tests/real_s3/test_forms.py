"""The presigned form: what the server takes by it, and what it refuses."""

import base64
import json
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from django.utils import timezone

from tests.real_s3.conftest import Bucket
from tests.real_s3.sending import VIDEO, in_an_hour, post, refusal
from uploads.keys import source_key
from uploads.stores.base import SignedForm
from uploads.stores.s3 import S3Store

FILM = b"f" * 1000


@pytest.fixture
def key() -> str:
    return source_key(uuid4())


@pytest.fixture
def form(store: S3Store, key: str) -> SignedForm:
    """A form for exactly this film."""
    signed = store.sign_form(key, content_type=VIDEO, size_bytes=len(FILM), expires_at=in_an_hour())
    assert signed
    return signed


def test_a_right_form_arrives(form: SignedForm, key: str, bucket: Bucket, web: httpx.Client) -> None:
    assert post(web, form, FILM).status_code == 201
    assert bucket.content(key) == FILM
    assert bucket.s3.head_object(Bucket=bucket.name, Key=key)["ContentType"] == VIDEO


@pytest.mark.parametrize(
    ("body", "code"), [(FILM + b"f", "EntityTooLarge"), (FILM[:-1], "EntityTooSmall")], ids=["longer", "shorter"]
)
def test_another_length_is_refused(
    form: SignedForm, bucket: Bucket, web: httpx.Client, body: bytes, code: str
) -> None:
    assert refusal(post(web, form, body)) == (400, code)
    assert bucket.keys() == []


def test_another_content_type_is_refused(form: SignedForm, bucket: Bucket, web: httpx.Client) -> None:
    assert post(web, form, FILM, Content_Type="text/html").status_code == 403
    assert bucket.keys() == []


def test_a_missing_content_type_is_refused(form: SignedForm, bucket: Bucket, web: httpx.Client) -> None:
    fields = {name: value for name, value in form.fields.items() if name != "Content-Type"}
    assert post(web, SignedForm(url=form.url, fields=fields), FILM).status_code == 403
    assert bucket.keys() == []


def test_another_key_is_refused(form: SignedForm, bucket: Bucket, web: httpx.Client) -> None:
    assert post(web, form, FILM, key=source_key(uuid4())).status_code == 403
    assert bucket.keys() == []


def test_a_field_that_nobody_signed_is_refused(form: SignedForm, bucket: Bucket, web: httpx.Client) -> None:
    assert post(web, form, FILM, acl="public-read").status_code == 403
    assert bucket.keys() == []


def test_a_tampered_policy_is_refused(form: SignedForm, bucket: Bucket, web: httpx.Client) -> None:
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    policy["conditions"] = [{"bucket": bucket.name}, ["starts-with", "$key", ""]]
    wider = base64.b64encode(json.dumps(policy).encode()).decode()
    assert post(web, form, FILM, policy=wider).status_code == 403
    assert bucket.keys() == []


def test_a_form_whose_time_is_over_is_refused(store: S3Store, key: str, bucket: Bucket, web: httpx.Client) -> None:
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    signed = store.sign_form(key, content_type=VIDEO, size_bytes=len(FILM), expires_at=a_minute_ago)
    assert signed
    assert refusal(post(web, signed, FILM)) == (403, "AccessDenied")
    assert bucket.keys() == []


def test_there_is_no_form_for_more_than_a_server_takes_at_once(store: S3Store, key: str) -> None:
    size_bytes = 5 * 1024**3 + 1
    assert store.sign_form(key, content_type=VIDEO, size_bytes=size_bytes, expires_at=in_an_hour()) is None
