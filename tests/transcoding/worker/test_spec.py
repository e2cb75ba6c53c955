"""The job specification as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.transcoding.worker.tools import make_spec
from transcoding.worker.spec import JobSpec, SpecError


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
        ("sourceKey", "a\0b", "sourceKey is not a good value"),
    ],
)
def test_a_bad_value_is_named(key: str, value: object, complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        JobSpec.from_json(json.dumps(document() | {key: value}))


@pytest.mark.parametrize("key", ["jobId", "token", "ladder", "limits", "storage"])
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
