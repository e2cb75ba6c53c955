"""What each store's events say, read into one shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.uploads.events.bodies import BUCKET, SECRET, STORES, eventbridge, r2, record, s3
from uploads.errors import UserError
from uploads.events.records import BadRecord, ObjectEvent, load, parse

KEYS = ["sources/../secret", "a b", "a+b", "a%2Fb", "a%252Fb", "films/🎬.mp4", "a&b=c", "ü", "plain/key"]


def only(document: object) -> ObjectEvent:
    (event,) = parse(document)
    assert isinstance(event, ObjectEvent)
    return event


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("store", STORES)
def test_a_key_is_decoded_exactly_once_by_the_rule_of_its_store(store: str, key: str) -> None:
    assert only(STORES[store](key)).key == key


@pytest.mark.parametrize("store", STORES)
def test_every_store_says_the_same_of_a_new_object(store: str) -> None:
    event = only(STORES[store]("k", "9dd4e461268c8034f5c8564e155c67a6"))
    assert (event.bucket, event.etag, event.version_id) == (BUCKET, "9dd4e461268c8034f5c8564e155c67a6", "")
    assert event.created


def test_a_ceph_event_carries_its_secret_and_does_not_show_it() -> None:
    event = only(STORES["ceph"]("k"))
    assert event.secret == SECRET
    assert SECRET not in repr(event)


def test_the_quotes_round_an_etag_are_no_part_of_it() -> None:
    assert only({"Records": [record("k", etag='"abc-2"')]}).etag == "abc-2"


@pytest.mark.parametrize(
    ("told", "meant"), [("null", ""), ("", ""), (None, ""), ("3HL4kqtJlcpXroDTDm", "3HL4kqtJlcpXroDTDm")]
)
def test_a_version_id_is_empty_where_the_store_keeps_no_versions(told: str | None, meant: str) -> None:
    assert only({"Records": [record("k", version=told)]}).version_id == meant


def test_eventbridge_may_write_etag_either_way() -> None:
    document = eventbridge("k")
    document["detail"]["object"] |= {"eTag": "abc"}
    del document["detail"]["object"]["etag"]
    assert only(document).etag == "abc"


@pytest.mark.parametrize("name", ["Put", "Post", "Copy", "CompleteMultipartUpload"])
def test_however_an_object_was_created_it_is_created(name: str) -> None:
    assert only({"Records": [record("k", eventName=f"ObjectCreated:{name}")]}).created


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "s3:ObjectRemoved:Delete", "ObjectSynced:Create", "Created"])
def test_other_events_create_nothing(name: str) -> None:
    assert not only({"Records": [record("k", eventName=name)]}).created


def test_an_object_that_eventbridge_tells_was_deleted_is_not_created() -> None:
    assert not only({**eventbridge("k"), "detail-type": "Object Deleted"}).created


def test_of_r2s_actions_those_that_create_are_known() -> None:
    actions = ["PutObject", "CopyObject", "CompleteMultipartUpload", "DeleteObject", "LifecycleDeletion"]
    assert [only(r2("k") | {"action": action}).created for action in actions] == [True] * 3 + [False] * 2


@pytest.mark.parametrize("wrong", [{"object": None}, {"object": {"size": 4}}, {"bucket": ["videos"]}, {"action": 5}])
def test_a_message_of_r2_that_cannot_be_read_is_a_bad_record(wrong: Any) -> None:
    (bad,) = parse(r2("k") | wrong)
    assert isinstance(bad, BadRecord)


def test_the_event_by_which_s3_tries_its_destination_is_known() -> None:
    assert only({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}).name == "s3:TestEvent"


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.5", "2.17"])
def test_newer_minor_versions_and_unknown_fields_are_no_hindrance(version: str) -> None:
    made = record("k", eventVersion=version, glacierEventData={"x": [1]}, awsGeneratedTags={})
    assert only({"Records": [made], "more": 1}).key == "k"


@pytest.mark.parametrize(
    "bad",
    [
        None, 5, "text", [], {}, {"s3": None}, record("k", eventVersion="3.0"), record("k", eventVersion=2.1),
        record("k", eventSource="aws:sns"), record("k", eventName=None), record("k", s3={}), record(""),
        record("k", s3={"bucket": {"name": "b"}, "object": {"key": 5}}), record("k", opaqueData=["x"]),
        record("k", s3={"bucket": "videos", "object": {"key": "k"}}),
        record("k", s3={"bucket": {"name": "b"}, "object": {"key": "\ud800"}}),
    ],
)  # fmt: skip
def test_a_bad_record_does_not_hide_the_good_ones_beside_it(bad: Any) -> None:
    first, middle, last = parse({"Records": [record("first"), bad, record("last")]})
    assert isinstance(middle, BadRecord)
    assert [event.key for event in (first, last) if isinstance(event, ObjectEvent)] == ["first", "last"]


R2_BUCKET_EVENT = {"type": "cf.r2.bucket.created", "source": {"type": "r2"}, "payload": {"name": BUCKET}}


@pytest.mark.parametrize(
    "document",
    [
        None, 5, "text", [], [s3("k")], {}, {"Records": {}}, {"Event": "s3:Other"}, {"source": "aws.ec2"},
        R2_BUCKET_EVENT,
    ],
)  # fmt: skip
def test_what_no_store_sends_is_refused(document: Any) -> None:
    with pytest.raises(UserError) as refusal:
        parse(document)
    assert refusal.value.code == "hook.not-an-event"


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe\x00", b"hello", b"[" * 200_000, b'{"a":' * 100_000, b"9" * 5000, b"nul"],
    ids=["empty", "cut off", "no text", "words", "deep list", "deep object", "huge number", "half a word"],
)  # fmt: skip
def test_what_is_no_json_that_can_be_read_is_refused(text: bytes) -> None:
    with pytest.raises(UserError) as refusal:
        load(text)
    assert refusal.value.code == "hook.not-json"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
NAMES = ["eventSource", "eventVersion", "eventName", "s3", "opaqueData"]
LIKE_RECORDS = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ANY_JSON)).map(
    lambda strange: {**record("k"), **strange}
)
LIKE_EVENTS = st.fixed_dictionaries(
    {"source": st.just("aws.s3")}, optional={"detail-type": ANY_JSON, "detail": ANY_JSON}
)
LIKE_R2 = st.fixed_dictionaries(dict.fromkeys(("account", "action", "bucket", "object"), ANY_JSON))


@given(
    ANY_JSON | LIKE_EVENTS | LIKE_R2 | st.fixed_dictionaries({"Records": ANY_JSON | st.lists(LIKE_RECORDS | ANY_JSON)})
)
def test_whatever_json_comes_it_is_read_or_refused(document: Any) -> None:
    try:
        events = parse(document)
    except UserError as refusal:
        assert refusal.code == "hook.not-an-event"
    else:
        assert all(isinstance(event, ObjectEvent | BadRecord) for event in events)


@given(st.binary())
def test_whatever_bytes_come_they_are_read_or_refused(text: bytes) -> None:
    try:
        json.dumps(load(text))
    except UserError as refusal:
        assert refusal.code == "hook.not-json"
