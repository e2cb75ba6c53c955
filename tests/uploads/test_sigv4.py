"""Presigned URLs, compared with those that botocore makes."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from uploads.stores.addresses import bucket_address
from uploads.stores.sigv4 import MAX_SECONDS, Credentials, Presigner

START = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=20)


def presigner(*, token: str = "", addressing: str = "virtual", endpoint_url: str = "") -> Presigner:
    address = bucket_address(bucket="films", region="eu-west-1", endpoint_url=endpoint_url, addressing=addressing)
    credentials = Credentials(access_key="AKIDEXAMPLE", secret_key="secret/+=", token=token)
    return Presigner(address=address, region="eu-west-1", credentials=credentials)


def by_botocore(
    signs: Presigner, method: str, key: str, *, seconds: int, params: dict[str, str], headers: dict[str, str]
) -> str:
    """Return the URL that botocore's own signer makes of the same request."""
    mine = signs.credentials
    credentials = BotocoreCredentials(mine.access_key, mine.secret_key, mine.token or None)
    url = f"{signs.address.origin}{signs.address.base_path}/{key}"
    request = AWSRequest(method=method, url=url, params=params, headers=headers)
    with patch("botocore.auth.get_current_datetime", return_value=START.replace(tzinfo=None)):
        S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires=seconds).add_auth(request)
    return str(request.prepare().url)


def query_of(url: str) -> set[str]:
    return set(url.partition("?")[2].split("&"))


@pytest.mark.parametrize("addressing", ["virtual", "path"])
@pytest.mark.parametrize("token", ["", "a/session+token=="])
@pytest.mark.parametrize("endpoint_url", ["", "http://127.0.0.1:7480"])
def test_a_url_to_read_is_the_one_that_botocore_makes(addressing: str, token: str, endpoint_url: str) -> None:
    signs = presigner(token=token, addressing=addressing, endpoint_url=endpoint_url)
    key = "renditions/a/1/720p/seg_00001.m4s"
    url = signs.url("GET", key, starts_at=START, expires_at=START + timedelta(hours=1))
    expected = by_botocore(signs, "GET", key, seconds=3600, params={}, headers={})
    assert query_of(url) == query_of(expected)
    assert url.partition("?")[0] == expected.partition("?")[0]


@given(upload_id=texts, content_type=st.text("abz/.+-;= 019", min_size=1, max_size=30).map(str.strip).filter(bool))
def test_bound_parameters_and_headers_are_signed_as_botocore_signs_them(upload_id: str, content_type: str) -> None:
    headers = {"Content-Type": " ".join(content_type.split()), "Content-Length": "12", "If-None-Match": "*"}
    params = {"partNumber": "7", "uploadId": upload_id}
    signs = presigner()
    url = signs.url(
        "PUT", "sources/a/source", starts_at=START, expires_at=START + timedelta(seconds=60), params=params,
        headers=headers,
    )  # fmt: skip
    expected = by_botocore(signs, "PUT", "sources/a/source", seconds=60, params=params, headers=headers)
    assert signature(url) == signature(expected)


def signature(url: str) -> str:
    return next(part for part in query_of(url) if part.startswith("X-Amz-Signature="))


@pytest.mark.parametrize("seconds", [0, -1, MAX_SECONDS + 1])
def test_a_time_that_s3_would_refuse_is_an_error_here(seconds: int) -> None:
    with pytest.raises(ValueError, match="good for 1 to"):
        presigner().url("GET", "k", starts_at=START, expires_at=START + timedelta(seconds=seconds))


def test_the_secret_is_not_shown() -> None:
    assert "secret/+=" not in repr(presigner(token="session"))
