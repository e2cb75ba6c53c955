"""The job specification as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.transcoding.worker.tools import make_spec
from transcoding.worker.spec import JobSpec, SpecError

S3: dict[str, Any] = {
    "kind": "s3",
    "bucket": "videos",
    "region": "us-east-1",
    "endpoint": "",
    "addressing": "virtual",
    "checksums": "when_supported",
    "credentials": None,
}


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(make_spec(Path("/tmp/x")).to_json())  # noqa: S108 - nothing is written there
    return found


def test_it_survives_the_way_there_and_back() -> None:
    spec = make_spec(Path("/srv"))
    assert JobSpec.from_json(spec.to_json()) == spec


def test_it_speaks_camel_case() -> None:
    found = document()
    assert found["outputPrefix"] == "renditions/video/job/1/"
    assert found["ladder"][0] == {"quality": "1080p", "height": 1080, "maxBitrate": 5000000}
    assert found["limits"]["noProgressSeconds"] == 60


@pytest.mark.parametrize(
    ("key", "value", "complaint"),
    [
        ("attempt", 0, "attempt must be a whole number"),
        ("attempt", True, "attempt must be a whole number"),
        ("threads", "2", "threads must be a whole number"),
        ("preset", "placebo-ish", "preset is not a good value"),
        ("reportUrl", "file:///etc/passwd", "reportUrl is not a good value"),
        ("workDir", "relative", "workDir is not a good value"),
        ("outputPrefix", "no-slash", "outputPrefix is not a good value"),
        ("ladder", [], "ladder must be a list"),
        ("ladder", [{"quality": "../x", "height": 240, "maxBitrate": 1000}], r"ladder\[0\].quality"),
        ("ladder", [{"quality": "audio", "height": 240, "maxBitrate": 1000}], "none of them audio"),
        ("storage", "local", "storage must be an object"),
        ("limits", {}, "limits.maxDurationSeconds is missing"),
        ("storage", {"kind": "tape"}, "no storage of the kind tape"),
        ("storage", {"kind": "local"}, "storage.root is missing"),
        ("storage", S3 | {"addressing": "guess"}, "storage.addressing is not a good value"),
        ("storage", S3 | {"endpoint": "ftp://s3"}, "storage.endpoint is not a good value"),
        ("storage", S3 | {"credentials": {"accessKeyId": "id"}}, "storage.credentials.secretAccessKey is missing"),
        ("sourceKey", "a\0b", "sourceKey is not a good value"),
        ("sourceEtag", None, "sourceEtag is not a good value"),
    ],
)
def test_a_bad_value_is_named(key: str, value: object, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        JobSpec.from_json(json.dumps(document() | {key: value}))


@pytest.mark.parametrize(
    "credentials",
    [
        None,
        {"accessKeyId": "id", "secretAccessKey": "hidden"},
        {"accessKeyId": "id", "secretAccessKey": "hidden", "sessionToken": "for-an-hour"},
    ],
)
def test_a_bucket_survives_the_way_there_and_back(credentials: dict[str, str] | None) -> None:
    told = document() | {"storage": S3 | {"credentials": credentials}, "sourceEtag": "e", "sourceVersion": "v"}
    assert json.loads(JobSpec.from_json(json.dumps(told)).to_json()) == told


def test_credentials_that_are_left_out_are_not_taken_for_those_of_the_machine() -> None:
    storage = {key: value for key, value in S3.items() if key != "credentials"}
    with pytest.raises(SpecError, match=r"storage.credentials is missing"):
        JobSpec.from_json(json.dumps(document() | {"storage": storage}))


@pytest.mark.parametrize("key", ["jobId", "token", "ladder", "limits", "storage", "sourceEtag", "sourceVersion"])
def test_a_missing_field_is_named(key: str) -> None:
    found = document()
    del found[key]
    with pytest.raises(SpecError, match=f"{key} is missing"):
        JobSpec.from_json(json.dumps(found))


@pytest.mark.parametrize("text", ["", "[]", "nonsense", "\x00"])
def test_it_refuses_what_is_no_specification(text: str) -> None:
    with pytest.raises(SpecError):
        JobSpec.from_json(text)


def test_the_token_is_not_in_its_representation() -> None:
    assert "secret-token" not in repr(make_spec(Path("/srv")))


def test_the_secrets_of_a_bucket_are_not_in_its_representation() -> None:
    credentials = {"accessKeyId": "id", "secretAccessKey": "hidden-1", "sessionToken": "hidden-2"}
    spec = JobSpec.from_json(json.dumps(document() | {"storage": S3 | {"credentials": credentials}}))
    assert "videos" in repr(spec)
    assert "hidden" not in repr(spec)
