"""What `manage.py up` runs."""

import socket
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.environment import free_port
from vidsite.children import site_children
from vidsite.supervisor import Child, SupervisorError


@pytest.fixture
def two_free_ports() -> int:
    """Give a port that is free together with the next one."""
    return free_port(2)


def children(port: int) -> dict[str, Child]:
    return {child.name: child for child in site_children(host="127.0.0.1", port=port, var_dir=Path("var"))}


def test_redis_starts_first_on_the_next_port(two_free_ports: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    found = children(two_free_ports)
    assert list(found) == ["redis", "web", "transcode", "housekeeping", "beat"]
    assert str(two_free_ports + 1) in found["redis"].argv


def test_there_is_no_redis_of_ours_when_there_is_one(two_free_ports: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    assert "redis" not in children(two_free_ports)


def test_every_process_knows_the_port(two_free_ports: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    assert {child.env["PORT"] for child in children(two_free_ports).values()} == {str(two_free_ports)}


def test_the_number_of_transcodes_at_once_is_a_setting(
    two_free_ports: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    settings.TRANSCODE_WORKERS = 3
    argv = children(two_free_ports)["transcode"].argv
    assert argv[argv.index("-c") + 1] == "3"


def test_a_taken_redis_port_says_what_it_is_for(two_free_ports: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    with (
        socket.create_server(("127.0.0.1", two_free_ports + 1)),
        pytest.raises(SupervisorError, match=r"\(for Redis\) is in use; choose another with PORT=\."),
    ):
        children(two_free_ports)


def test_a_queue_of_events_has_its_consumer(two_free_ports: int, settings: Settings) -> None:
    settings.S3_EVENT_QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/vidsite"
    consumer = children(two_free_ports)["events"]
    assert consumer.argv[-2:] == (str(settings.BASE_DIR / "manage.py"), "s3_events")


def test_without_a_queue_nothing_waits_for_one(two_free_ports: int) -> None:
    assert "events" not in children(two_free_ports)


def test_what_stands_beside_the_web_server_stops_before_it(two_free_ports: int) -> None:
    found = site_children(
        host="127.0.0.1", port=two_free_ports, var_dir=Path("var"), after_web=[Child(name="ecs", argv=())]
    )
    names = [child.name for child in found]
    assert names.index("web") + 1 == names.index("ecs")
