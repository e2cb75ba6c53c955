"""docs/faults.md names tests that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text()
NAMED = sorted(set(re.findall(r"`([a-z0-9_/]+\.py)(?:::(test_[a-z0-9_]+))?`", PAGE)))


def test_there_are_some() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_what_it_names_is_a_test(path: str, name: str) -> None:
    file = ROOT / "tests" / path
    assert file.exists(), f"docs/faults.md names {path}, which is not there"
    # A test may be brought in from another file, to run once more under other circumstances.
    assert not name or re.search(rf"^(?:async )?(?:def |    ){name}\b", file.read_text(), re.MULTILINE)
