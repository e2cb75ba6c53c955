"""What is printed for somebody with more rights: nothing that, run as it stands, takes away what others have set."""

import json
import shlex
from io import StringIO
from typing import Any

import pytest
from botocore.stub import Stubber
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.uploads.bucket.findings import of
from tests.uploads.bucket.rights import allowed_only
from uploads.bucket.network_check import what_is_missing
from uploads.bucket.services import bucket_set_up
from uploads.stores import aws

pytestmark = pytest.mark.usefixtures("amazon")

LOOK_ONLY = {"s3:ListBucket"}


def printed_by_setup() -> str:
    output = StringIO()
    with pytest.raises(CommandError):
        call_command("s3_setup", stdout=output)
    return output.getvalue()


@pytest.mark.parametrize("events", ["none", "sns", "sqs", "eventbridge", "minio", "ceph"])
def test_no_command_is_printed_that_would_overwrite_what_nobody_could_read(settings: Settings, events: str) -> None:
    bucket_set_up()
    settings.S3_EVENTS, settings.S3_EVENT_SECRETS = events, ["a-secret-that-nobody-guesses"]
    settings.S3_EVENT_TOPIC_ARNS = ["arn:aws:sns:eu-west-1:123456789012:theirs"]
    settings.S3_EVENT_QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/sources"
    settings.S3_EVENT_TARGET_ARN = "arn:minio:sqs::VIDSITE:webhook"
    with allowed_only(LOOK_ONLY):
        printed = printed_by_setup()
        hints = " ".join(str(warning.hint) for warning in what_is_missing())
    for word in ("put-bucket", "put-public", "set-topic", "set-queue", "&&"):
        assert word not in printed + hints
    assert "run `manage.py s3_setup` with some that may" in printed


def test_what_nobody_could_read_is_shown_as_the_rule_to_add() -> None:
    bucket_set_up()
    with allowed_only(LOOK_ONLY):
        found = bucket_set_up()
        printed = printed_by_setup()
        (cors,) = [warning for warning in what_is_missing() if warning.msg.startswith("CORS:")]
    (rule,) = json.loads(of(found, "CORS").addition)["CORSRules"]
    assert rule["AllowedOrigins"] == ["https://video.example.org"]
    assert {rule["ID"] for rule in json.loads(of(found, "lifecycle").addition)["Rules"]} == {
        "vidsite-abort-uploads",
        "vidsite-rejected-sources",
    }
    assert f"    to add to what is there: {of(found, 'CORS').addition}" in printed.splitlines()
    assert (cors.id, cors.hint) == ("uploads.W012", f"To add to what is there: {of(found, 'CORS').addition}")


@pytest.mark.parametrize("endpoint", ["", "http://127.0.0.1:9"])
def test_nobody_is_told_to_open_a_block_of_public_access_that_could_not_be_read(
    settings: Settings, endpoint: str
) -> None:
    settings.S3_ENDPOINT_URL = endpoint
    refused: dict[str, Any] = {"service_error_code": "AccessDenied", "http_status_code": 403}
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in ("get_public_access_block", "get_bucket_cors", "get_bucket_lifecycle_configuration"):
            stubbed.add_client_error(call, **refused)
        block = of(bucket_set_up(), "public access")
    assert block.commands == ()
    assert set(json.loads(block.addition).values()) == {True}


@pytest.mark.parametrize(
    ("beside", "option"),
    [
        (
            {"TransitionDefaultMinimumObjectSize": "varies_by_storage_class"},
            ["--transition-default-minimum-object-size", "varies_by_storage_class"],
        ),
        ({}, []),
    ],
)
def test_the_command_for_lifecycle_rules_keeps_what_amazon_writes_beside_them(
    settings: Settings, beside: dict[str, str], option: list[str]
) -> None:
    bucket_set_up()
    settings.UPLOAD_EXPIRY_SECONDS *= 3
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in ("get_public_access_block", "get_bucket_cors"):
            stubbed.add_client_error(call, service_error_code="NotImplemented", http_status_code=501)
        stubbed.add_response("get_bucket_lifecycle_configuration", {"Rules": [], **beside})
        refused: dict[str, Any] = {"service_error_code": "AccessDenied", "http_status_code": 403}
        stubbed.add_client_error("put_bucket_lifecycle_configuration", **refused)
        (command,) = of(bucket_set_up(), "lifecycle").commands
    words = shlex.split(command)
    assert words[5] == "--lifecycle-configuration"
    assert words[7:-2] == option
