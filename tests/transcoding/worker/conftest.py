"""The transcoder runs without Django, and so do its tests."""

from collections.abc import Iterator

import pytest

from tests.transcoding.worker.site import Site


@pytest.fixture(autouse=True)
def own_store() -> None:
    """Replace the fixture of the same name that sets up the site."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site().running() as running:
        yield running
