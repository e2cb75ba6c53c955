"""Each source is transcoded once, for all the tests that look at it."""

import pytest
from django.contrib.auth.models import User

from tests.transcoding.hls.delivery import Delivery, deliver
from tests.transcoding.hls.sources import Source, sources


@pytest.fixture(scope="session")
def deliveries() -> dict[str, Delivery]:
    """By the name of their source; they outlive the database and the store they came from."""
    return {}


@pytest.fixture(params=sources(), ids=lambda source: source.name)
def delivery(
    request: pytest.FixtureRequest,
    deliveries: dict[str, Delivery],
    alice: User,
    redis: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> Delivery:
    source: Source = request.param
    if source.name not in deliveries:
        directory = tmp_path_factory.mktemp("delivery")
        deliveries[source.name] = deliver(source, owner=alice, directory=directory)
    return deliveries[source.name]
