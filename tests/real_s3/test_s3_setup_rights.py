"""`manage.py s3_setup` by those who may not do everything, and what the check for deployment says of the same."""

import json

import pytest
from pytest_django.fixtures import Settings

from tests.real_s3.ceph import Ceph, Keys
from tests.real_s3.conftest import Bucket
from tests.real_s3.setting_up import SECRET, failing_setup, forget_cors, setup, states, use_ceph_events
from uploads.checks import bucket_is_ready
from uploads.stores import aws


@pytest.fixture(autouse=True)
def events(bucket: Bucket, settings: Settings) -> None:
    """The site is to hear of uploads by Ceph's own topics."""
    use_ceph_events(settings)


@pytest.fixture
def restricted(ceph: Ceph, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> Keys:
    """The site signs as a user who may only look into the bucket and read its CORS rules."""
    keys = ceph.make_user(f"guest-{bucket.name}")
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam:::user/guest-{bucket.name}"]},
                "Action": ["s3:ListBucket", "s3:GetBucketCORS"],
                "Resource": [f"arn:aws:s3:::{bucket.name}"],
            }
        ],
    }
    bucket.s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps(policy))
    sign_as(keys, monkeypatch)
    return keys


def sign_as(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    aws.forget_clients()


def test_what_the_credentials_may_not_do_is_said_with_the_command_and_the_rest_goes_on(
    bucket: Bucket, ceph: Ceph, restricted: Keys
) -> None:
    lines = failing_setup()
    assert states(lines[:-1]) == ["ok", "by hand", "by hand", "by hand", "by hand"]
    assert lines[-1] == "Left to do: 4; see above."
    assert "by hand      CORS: These credentials may not change it (AccessDenied). Who may runs:" in lines
    (put_cors,) = [line.strip() for line in lines if "put-bucket-cors" in line]
    assert put_cors.startswith(f"aws s3api put-bucket-cors --bucket {bucket.name} --cors-configuration '")
    assert put_cors.endswith(f" --endpoint-url {ceph.endpoint} --region us-east-1")
    rules = json.loads(put_cors.split("'")[1])["CORSRules"]
    assert [rule["AllowedOrigins"] for rule in rules] == [["https://video.example.org"]]


def test_the_command_for_a_topic_does_not_show_the_secret(bucket: Bucket, restricted: Keys) -> None:
    printed = "\n".join(failing_setup())
    assert '"OpaqueData": "FIRST-OF-S3_EVENT_SECRETS"' in printed
    assert SECRET not in printed


def test_nothing_is_printed_that_would_overwrite_what_could_not_be_read(bucket: Bucket, restricted: Keys) -> None:
    printed = "\n".join(failing_setup())
    for word in ("put-bucket-lifecycle", "put-bucket-notification", "put-public-access-block", "&&"):
        assert word not in printed
    (rules,) = [line for line in printed.splitlines() if "vidsite-abort-uploads" in line]
    assert rules.startswith('    to add to what is there: {"Rules": [')


def test_the_check_for_deployment_warns_of_what_is_missing_and_of_nothing_when_it_is_there(bucket: Bucket) -> None:
    setup()
    assert list(bucket_is_ready(None)) == []
    forget_cors(bucket)
    (warning,) = bucket_is_ready(None)
    assert (warning.id, warning.hint) == ("uploads.W010", "Run `manage.py s3_setup`.")
    assert warning.msg == "CORS: No rule lets pages of https://video.example.org upload and play."


def test_the_check_for_deployment_tells_what_it_may_not_look_at_from_what_is_missing(
    bucket: Bucket, restricted: Keys
) -> None:
    assert [warning.id for warning in bucket_is_ready(None)] == [
        "uploads.W012", "uploads.W010", "uploads.W012", "uploads.W012",
    ]  # fmt: skip


def test_somebody_elses_bucket_gets_one_sentence(bucket: Bucket, ceph: Ceph, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_as(ceph.make_user(f"stranger-{bucket.name}"), monkeypatch)
    assert failing_setup() == [
        f"These credentials may not look into the bucket {bucket.name} (AccessDenied). If it is yours, give them "
        "s3:ListBucket; if it is somebody else's, set S3_BUCKET to another name."
    ]


def test_a_wrong_secret_key_gets_one_sentence(bucket: Bucket, ceph: Ceph, monkeypatch: pytest.MonkeyPatch) -> None:
    sign_as(Keys(access_key=ceph.access_key, secret_key="wrong"), monkeypatch)
    (sentence,) = failing_setup()
    assert sentence.startswith("The credentials are missing or not accepted (SignatureDoesNotMatch): set AWS_ACCESS")
