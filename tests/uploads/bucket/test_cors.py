"""CORS rules in the order in which the store goes by them: the first that fits."""

from typing import TYPE_CHECKING

import pytest
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of
from uploads.bucket.cors_order import has_common
from uploads.bucket.services import bucket_check, bucket_set_up
from uploads.bucket.wanted import cors_rule
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleTypeDef

pytestmark = pytest.mark.usefixtures("amazon")

OURS = cors_rule(["https://video.example.org"])


def put(settings: Settings, *rules: "CORSRuleTypeDef") -> None:
    aws.s3().put_bucket_cors(Bucket=settings.S3_BUCKET, CORSConfiguration={"CORSRules": rules})


@pytest.mark.parametrize("origin", ["*", "https://*.example.org", "https://video.example.org"])
def test_a_rule_before_ours_that_fits_our_pages_gets_its_place_behind_ours(settings: Settings, origin: str) -> None:
    bucket_set_up()
    theirs: CORSRuleTypeDef = {"ID": "theirs", "AllowedOrigins": [origin], "AllowedMethods": ["GET"]}
    put(settings, theirs, OURS)
    missing = of(bucket_check(), "CORS")
    assert (missing.state, missing.sentence.split(":")[0]) == ("missing", "Another rule comes before ours")
    bucket_set_up()
    first, second = aws.s3().get_bucket_cors(Bucket=settings.S3_BUCKET)["CORSRules"]
    assert (first.get("ID"), second.get("ID")) == ("vidsite", "theirs")
    assert of(bucket_check(), "CORS").state == "ok"


@pytest.mark.parametrize(
    ("origin", "method"),
    [("https://other.example.org", "GET"), ("https://*.example.net", "PUT"), ("*", "DELETE")],
)
def test_a_rule_before_ours_for_other_pages_or_methods_may_stay_there(
    settings: Settings, origin: str, method: str
) -> None:
    bucket_set_up()
    put(settings, {"ID": "theirs", "AllowedOrigins": [origin], "AllowedMethods": [method]}, OURS)
    assert of(bucket_check(), "CORS").state == "ok"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("https://a.example", "https://A.example", True),
        ("https://*.example", "https://a.b.example", True),
        ("https://*", "*.example", True),
        ("https://a.*", "https://b.*", False),
        ("*.example", "*.org", False),
        ("http://[::1]:8000", "http://[::1]:8000", True),
        ("http://[::1]:8000", "http://:", False),
        ("https://aa*aa", "https://aaa", False),
    ],
)
def test_a_star_stands_for_anything(one: str, other: str, *, expected: bool) -> None:
    assert has_common(one, other) is expected
    assert has_common(other, one) is expected
