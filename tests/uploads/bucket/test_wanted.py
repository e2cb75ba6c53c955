"""What the site wants of its bucket, from the settings alone."""

import pytest

from uploads.bucket.lifecycle_shape import current_shape, meaning
from uploads.bucket.wanted import DAY_SECONDS, cors_rule, lifecycle_rules, origins


@pytest.mark.parametrize(
    ("seconds", "days"), [(1, 1), (DAY_SECONDS, 1), (DAY_SECONDS + 1, 2), (3 * DAY_SECONDS, 3), (5, 1)]
)
def test_an_upload_is_never_aborted_before_it_expires(seconds: int, days: int) -> None:
    abort, _ = lifecycle_rules(upload_expiry_seconds=seconds, rejected_source_seconds=1)
    assert abort["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": days}


@pytest.mark.parametrize(("seconds", "days"), [(0, 2), (7 * DAY_SECONDS, 8), (7 * DAY_SECONDS + 1, 9)])
def test_a_rejected_source_outlives_its_time_at_the_site_by_a_day(seconds: int, days: int) -> None:
    _, rejected = lifecycle_rules(upload_expiry_seconds=1, rejected_source_seconds=seconds)
    assert rejected["Expiration"] == {"Days": days}


def test_only_sources_are_touched_and_only_rejected_ones_removed() -> None:
    abort, rejected = lifecycle_rules(upload_expiry_seconds=1, rejected_source_seconds=1)
    assert abort["Filter"] == {"Prefix": "sources/"}
    assert rejected["Filter"] == {"And": {"Prefix": "sources/", "Tags": [{"Key": "vidsite", "Value": "rejected"}]}}


def test_a_page_may_send_and_play_but_not_delete() -> None:
    assert set(cors_rule(["https://a.example"])["AllowedMethods"]) == {"GET", "HEAD", "PUT", "POST"}


def test_the_same_origin_in_other_words_is_written_once() -> None:
    assert origins("http://A.example:80/videos/", ["http://a.example"]) == ["http://a.example"]


def test_a_rule_as_ceph_gives_it_back_says_the_same_as_the_one_that_was_sent() -> None:
    sent = current_shape(
        {
            "ID": "ours",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "b", "Value": "w"}]}},
        }
    )
    returned = current_shape(
        {
            "ID": "ours",
            "Status": "Enabled",
            "Filter": {"Prefix": "a/", "And": {"Tags": [{"Key": "b", "Value": "w"}, {"Key": "k", "Value": "v"}]}},
        }
    )
    assert meaning(sent) == meaning(returned)


@pytest.mark.parametrize("name", ["ObjectSizeGreaterThan", "ObjectSizeLessThan"])
def test_a_rule_for_objects_of_some_size_keeps_it(name: str) -> None:
    alone = current_shape({"Status": "Enabled", "Filter": {name: 5}})  # type: ignore[misc]  # the name is a parameter
    assert alone["Filter"] == {name: 5}
    both = current_shape({"Status": "Enabled", "Filter": {"And": {"Prefix": "a/", name: 5}}})  # type: ignore[misc]  # as above
    assert both["Filter"] == {"And": {"Prefix": "a/", name: 5}}


def test_a_rule_for_everything_stays_one_for_everything() -> None:
    assert current_shape({"Status": "Enabled", "Filter": {}})["Filter"] == {"Prefix": ""}
