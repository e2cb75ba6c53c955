"""`manage.py s3_setup` against a real server: what it makes is read back past the site."""

import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import httpx
import pytest
from pytest_django.fixtures import Settings

from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket, use_bucket
from tests.real_s3.setting_up import SECRET, failing_setup, forget_cors, setup, states, use_ceph_events
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CORSRuleTypeDef,
        LifecycleRuleTypeDef,
        PublicAccessBlockConfigurationTypeDef,
        TagTypeDef,
    )

SOURCE = "sources/7c1e6f0a-3f53-4a10-9d5e-0a2a3f0c7b11/source"


@pytest.fixture(autouse=True)
def events(bucket: Bucket, settings: Settings) -> None:
    """The site is to hear of uploads by Ceph's own topics."""
    use_ceph_events(settings)


@pytest.fixture
def from_nothing(bucket: Bucket, settings: Settings) -> Bucket:
    """The site is set to a bucket that does not exist."""
    settings.S3_BUCKET = f"{bucket.name}-new"
    return Bucket(name=settings.S3_BUCKET, s3=bucket.s3)


def test_everything_is_made_where_there_was_nothing(from_nothing: Bucket) -> None:
    assert states(setup()) == ["made"] * 5
    s3, name = from_nothing.s3, from_nothing.name
    (cors,) = s3.get_bucket_cors(Bucket=name)["CORSRules"]
    assert cors["AllowedOrigins"] == ["https://video.example.org"]
    assert {rule["ID"] for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]} == {
        "vidsite-abort-uploads",
        "vidsite-rejected-sources",
    }
    (topic,) = s3.get_bucket_notification_configuration(Bucket=name)["TopicConfigurations"]
    assert topic == {
        "Id": "vidsite",
        "TopicArn": f"arn:aws:sns:default::vidsite-{name}",
        "Events": ["s3:ObjectCreated:*"],
        "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "sources/"}]}},
    }


def test_a_second_run_changes_nothing_and_says_so(bucket: Bucket) -> None:
    setup()
    *lines, last = setup()
    assert states(lines) == ["ok"] * 5
    assert last == "Nothing had to be changed."


def test_a_check_after_a_set_up_finds_nothing_to_do(bucket: Bucket) -> None:
    setup()
    assert states(setup("--check")[:-1]) == ["ok"] * 5


def test_a_check_makes_nothing(from_nothing: Bucket) -> None:
    assert states(failing_setup("--check")[:-1]) == ["missing"] * 5
    assert from_nothing.name not in [found["Name"] for found in from_nothing.s3.list_buckets()["Buckets"]]


def test_the_owner_can_still_write_when_the_public_is_kept_out(bucket: Bucket) -> None:
    setup()
    bucket.put("files/note.txt", b"still mine")
    block = bucket.s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": False, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": True,
    }  # fmt: skip


def test_a_block_of_public_acls_is_taken_away_because_ceph_refuses_the_owner_by_it(bucket: Bucket) -> None:
    block: PublicAccessBlockConfigurationTypeDef = {
        "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
    }  # fmt: skip
    bucket.s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=block)
    setup()
    found = bucket.s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"]
    assert found == {**block, "BlockPublicAcls": False}


def preflight(bucket: Bucket, ceph: Ceph, origin: str) -> httpx.Response:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type,if-none-match",
    }
    return httpx.options(f"{ceph.endpoint}/{bucket.name}/{SOURCE}", headers=asked)


def test_a_browser_may_send_parts_from_the_sites_pages_and_from_no_others(bucket: Bucket, ceph: Ceph) -> None:
    setup()
    assert preflight(bucket, ceph, "https://video.example.org").status_code == 200
    assert preflight(bucket, ceph, "https://evil.example.org").status_code == 403


def test_a_browser_may_read_the_etag_of_what_it_sent(bucket: Bucket, ceph: Ceph) -> None:
    setup()
    bucket.put(SOURCE, b"film")
    url = bucket.s3.generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": SOURCE})
    answer = httpx.get(url, headers={"Origin": "https://video.example.org", "Range": "bytes=1-2"})
    assert answer.content == b"il"
    exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert exposed == {"etag", "content-range", "accept-ranges"}


def test_one_more_origin_can_be_given_and_stays_until_the_rule_changes(bucket: Bucket, ceph: Ceph) -> None:
    setup("--origin", "https://www.example.org/films/")
    assert preflight(bucket, ceph, "https://www.example.org").status_code == 200
    assert setup()[-1] == "Nothing had to be changed."


def test_the_rules_of_others_stay_as_they_are(bucket: Bucket, settings: Settings) -> None:
    s3, name = bucket.s3, bucket.name
    their_cors: CORSRuleTypeDef = {
        "ID": "theirs",
        "AllowedMethods": ["GET"],
        "AllowedOrigins": ["https://other.example.org"],
    }
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [their_cors]})
    tags: list[TagTypeDef] = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    their_rule: LifecycleRuleTypeDef = {"ID": "theirs", "Status": "Enabled", "Expiration": {"Days": 9}}
    rules: list[LifecycleRuleTypeDef] = [
        {**their_rule, "Filter": {"And": {"Prefix": "logs/", "Tags": tags}}},
        {**their_rule, "ID": "old", "Prefix": "tmp/"},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
    arn = aws.ceph_topics().create_topic(Name="theirs", Attributes={"push-endpoint": "http://127.0.0.1:9/"})[
        "TopicArn"
    ]
    s3.put_bucket_notification_configuration(
        Bucket=name,
        NotificationConfiguration={
            "TopicConfigurations": [{"Id": "theirs", "TopicArn": arn, "Events": ["s3:ObjectRemoved:*"]}]
        },
    )
    setup()
    settings.UPLOAD_EXPIRY_SECONDS = 10 * 24 * 3600
    settings.SITE_URL = "https://moved.example.org"
    setup()

    assert their_cors in s3.get_bucket_cors(Bucket=name)["CORSRules"]
    found = {rule["ID"]: rule for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]}
    assert len(found) == 4
    # Ceph writes the prefix beside the `And`, and forgets it when it gets that back.
    assert found["theirs"] == {**their_rule, "Filter": {"Prefix": "logs/", "And": {"Tags": tags}}}
    assert found["old"].get("Prefix", found["old"].get("Filter", {}).get("Prefix")) == "tmp/"
    topics = s3.get_bucket_notification_configuration(Bucket=name)["TopicConfigurations"]
    assert {topic["Id"] for topic in topics} == {"theirs", "vidsite"}


def test_a_rule_that_comes_before_ours_and_hides_the_headers_gets_its_place_behind(bucket: Bucket) -> None:
    setup()
    (ours,) = bucket.s3.get_bucket_cors(Bucket=bucket.name)["CORSRules"]
    theirs: CORSRuleTypeDef = {"ID": "theirs", "AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["*"]}
    bucket.s3.put_bucket_cors(Bucket=bucket.name, CORSConfiguration={"CORSRules": [theirs, ours]})
    bucket.put(SOURCE, b"film")
    url = bucket.s3.generate_presigned_url("get_object", Params={"Bucket": bucket.name, "Key": SOURCE})
    from_the_site = {"Origin": "https://video.example.org"}
    assert "access-control-expose-headers" not in httpx.get(url, headers=from_the_site).headers
    assert states(setup()).count("made") == 1
    assert "ETag" in httpx.get(url, headers=from_the_site).headers["access-control-expose-headers"]
    assert setup()[-1] == "Nothing had to be changed."


def forget_lifecycle(bucket: Bucket) -> None:
    bucket.s3.delete_bucket_lifecycle(Bucket=bucket.name)


def forget_public_access(bucket: Bucket) -> None:
    bucket.s3.delete_public_access_block(Bucket=bucket.name)


def forget_topic(bucket: Bucket) -> None:
    aws.ceph_topics().delete_topic(TopicArn=f"arn:aws:sns:default::vidsite-{bucket.name}")


@pytest.mark.parametrize(
    ("forget", "item"),
    [(forget_cors, "CORS"), (forget_lifecycle, "lifecycle"), (forget_public_access, "public access"),
     (forget_topic, "notification")],
)  # fmt: skip
def test_a_check_names_exactly_what_was_taken_away(
    bucket: Bucket, forget: Callable[[Bucket], None], item: str
) -> None:
    setup()
    forget(bucket)
    lines = failing_setup("--check")
    (missing,) = [line for line in lines if line.startswith("missing")]
    assert missing.split()[1:][: len(item.split())] == f"{item}:".split()
    assert lines[-1] == "Left to do: 1; run `manage.py s3_setup`."
    assert states(setup()).count("made") == 1
    assert setup()[-1] == "Nothing had to be changed."


def test_the_store_tells_the_webhook_and_after_a_change_the_new_one_with_the_new_secret(
    bucket: Bucket, settings: Settings
) -> None:
    told: list[tuple[str, str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (record,) = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["Records"]
            told.append((self.path, record["s3"]["object"]["key"], record["opaqueData"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Stay silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        settings.S3_EVENTS_URL = f"{address}/one/"
        setup()
        bucket.put(SOURCE, b"film")
        bucket.put("renditions/not/for/the/webhook.m4s", b"segment")
        settings.S3_EVENTS_URL = f"{address}/two/"
        settings.S3_EVENT_SECRETS = ["the-next-secret-quite-long", SECRET]
        setup()
        bucket.put(SOURCE, b"film")
        server.shutdown()
    assert told == [("/one/", SOURCE, SECRET), ("/two/", SOURCE, "the-next-secret-quite-long")]


def test_no_secret_is_asked_for_by_name(bucket: Bucket, settings: Settings) -> None:
    settings.S3_EVENT_SECRETS = []
    assert "missing      notification: Set S3_EVENT_SECRETS: S3_EVENTS=ceph needs it." in failing_setup()


def test_a_region_that_the_server_does_not_know_as_a_place_is_no_obstacle(
    from_nothing: Bucket, settings: Settings
) -> None:
    settings.S3_REGION = "eu-central-1"
    aws.forget_clients()
    assert setup()[0] == f"made         bucket: {from_nothing.name} is there."


@pytest.fixture(scope="module")
def quick_ceph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ceph]:
    """A server whose days, for lifecycle rules, last two seconds."""
    with Ceph(tmp_path_factory.mktemp("ceph"), lifecycle_day_seconds=2) as cluster:
        yield cluster


@pytest.fixture
def quick_bucket(quick_ceph: Ceph, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    """A bucket in it."""
    yield from use_bucket(quick_ceph, settings, monkeypatch)


def test_the_store_itself_removes_rejected_sources_and_abandoned_uploads_and_nothing_else(
    quick_bucket: Bucket, settings: Settings
) -> None:
    settings.S3_EVENTS = "none"
    settings.UPLOAD_EXPIRY_SECONDS = settings.REJECTED_SOURCE_SECONDS = 3600
    s3, name = quick_bucket.s3, quick_bucket.name
    kept = ["files/rejected", "sources/kept/source"]
    for key in [*kept, SOURCE]:
        quick_bucket.put(key, b"film")
    for key in ("files/rejected", SOURCE):
        s3.put_object_tagging(Bucket=name, Key=key, Tagging={"TagSet": [{"Key": "vidsite", "Value": "rejected"}]})
    s3.create_multipart_upload(Bucket=name, Key="sources/abandoned/source")
    elsewhere = s3.create_multipart_upload(Bucket=name, Key="files/large")["UploadId"]
    setup()
    deadline = time.monotonic() + 60
    while quick_bucket.keys() != kept or quick_bucket.open_uploads() != [elsewhere]:
        assert time.monotonic() < deadline, f"{quick_bucket.keys()}, {quick_bucket.open_uploads()}"
        time.sleep(0.5)
    time.sleep(5)
    assert quick_bucket.keys() == kept
    assert quick_bucket.open_uploads() == [elsewhere]
