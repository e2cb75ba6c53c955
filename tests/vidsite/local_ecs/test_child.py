"""How the demo gets an ECS of its own."""

import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import proxy_bypass

import pytest
from environs import Env
from pytest_django.fixtures import Settings

from tests.e2e.conftest import ROOT
from tests.environment import free_port
from transcoding.checks import ecs_settings_make_sense
from uploads.stores import aws
from vidsite.local_ecs.child import NOBODYS, is_wanted, local_ecs
from vidsite.local_ecs.names import SITE_SETTINGS
from vidsite.supervisor import SupervisorError

SITE = "http://127.0.0.1:8000"


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """Keep the settings and the environment of the tests as they are; there, no credentials are found."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "NO_PROXY", "no_proxy"):
        os.environ.pop(name, None)
    os.environ.update(AWS_EC2_METADATA_DISABLED="true", AWS_CONFIG_FILE="/nowhere", AWS_SHARED_CREDENTIALS_FILE="/no")
    for name in (*SITE_SETTINGS, "ECS_EVENT_SECRETS"):
        setattr(settings, name, getattr(settings, name))
    settings.LAUNCHER = "ecs"
    aws.forget_clients()
    yield
    aws.forget_clients()


def test_it_is_for_tasks_that_no_other_cluster_runs(settings: Settings) -> None:
    assert is_wanted()
    settings.ECS_CLUSTER = "films"
    assert not is_wanted()
    settings.ECS_CLUSTER, settings.LAUNCHER = "", "celery"
    assert not is_wanted()


def test_the_checks_are_content_with_a_site_that_was_led_to_it() -> None:
    local_ecs(port=free_port(), site_url=SITE)
    assert ecs_settings_make_sense(None) == []


def test_only_calls_to_ecs_are_led_to_it() -> None:
    port, before = free_port(), dict(os.environ)
    local_ecs(port=port, site_url=SITE)
    changed = {name for name, value in os.environ.items() if before.get(name) != value}
    assert changed == {*SITE_SETTINGS, "ECS_EVENT_SECRETS", "AWS_ENDPOINT_URL_ECS", "no_proxy", *NOBODYS}
    assert os.environ["AWS_ENDPOINT_URL_ECS"].startswith(f"http://127.0.0.1:{port}/")


def test_without_a_bucket_no_account_is_used_that_the_environment_knows(tmp_path: Path) -> None:
    # A role would have to be asked for, of AWS.
    (tmp_path / "config").write_text(
        "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/x\ncredential_source = Environment\n"
    )
    os.environ.update(AWS_CONFIG_FILE=str(tmp_path / "config"), AWS_PROFILE="role", AWS_ACCESS_KEY_ID="mine")
    os.environ.update(AWS_SECRET_ACCESS_KEY="mine", AWS_SESSION_TOKEN="mine")
    local_ecs(port=free_port(), site_url=SITE)
    used = aws.credentials()
    assert used
    assert (used.access_key, used.secret_key, used.token or "") == tuple(NOBODYS.values())


def test_with_a_bucket_the_credentials_stay(settings: Settings) -> None:
    settings.STORE = "s3"
    os.environ.update(AWS_ACCESS_KEY_ID="mine", AWS_SECRET_ACCESS_KEY="mine")
    local_ecs(port=free_port(), site_url=SITE)
    assert os.environ["AWS_ACCESS_KEY_ID"] == "mine"


def test_nothing_starts_where_the_sdk_would_call_aws_all_the_same() -> None:
    os.environ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true"
    with pytest.raises(SupervisorError, match=r"would call https://ecs\.us-east-1\.amazonaws\.com instead"):
        local_ecs(port=free_port(), site_url=SITE)


def test_nothing_starts_where_the_sdk_cannot_be_used() -> None:
    os.environ["AWS_PROFILE"] = "gone"
    with pytest.raises(SupervisorError, match=r"The config profile \(gone\) could not be found"):
        local_ecs(port=free_port(), site_url=SITE)


def test_what_a_cluster_on_aws_runs_its_tasks_on_is_not_asked_for_here(settings: Settings) -> None:
    settings.ECS_CAPACITY_PROVIDERS, os.environ["ECS_CAPACITY_PROVIDERS"] = ["our-instances"], "our-instances"
    local_ecs(port=free_port(), site_url=SITE)
    assert settings.ECS_CAPACITY_PROVIDERS == []
    assert Env().list("ECS_CAPACITY_PROVIDERS") == []


@pytest.mark.parametrize(
    ("before", "after"), [(None, "127.0.0.1"), ("films.example", "films.example,127.0.0.1"), ("*", "*")]
)
def test_no_proxy_hears_the_key(before: str | None, after: str) -> None:
    if before:
        os.environ["NO_PROXY"] = before
    local_ecs(port=free_port(), site_url=SITE)
    assert os.environ.get("no_proxy", before) == after
    assert proxy_bypass("127.0.0.1:8002")


def test_a_bucket_gets_no_credentials_that_open_nothing(settings: Settings) -> None:
    settings.STORE = "s3"
    local_ecs(port=free_port(), site_url=SITE)
    assert "AWS_ACCESS_KEY_ID" not in os.environ


@pytest.mark.parametrize(("store", "key", "role"), [("local", "", []), ("s3", "", ["--role"]), ("s3", "own", [])])
def test_tasks_have_a_role_where_they_need_the_bucket_and_have_no_keys(
    settings: Settings, store: str, key: str, role: list[str]
) -> None:
    settings.STORE, settings.S3_WORKER_ACCESS_KEY_ID = store, key
    assert [word for word in local_ecs(port=free_port(), site_url=SITE).argv if word == "--role"] == role


def test_no_secret_is_on_its_command_line() -> None:
    child = local_ecs(port=free_port(), site_url=SITE)
    secrets = (os.environ["ECS_EVENT_SECRETS"], os.environ["AWS_ENDPOINT_URL_ECS"].rpartition("/")[2])
    assert not [word for word in child.argv if any(secret in word for secret in secrets)]


def test_without_moto_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidsite.local_ecs.child.find_spec", lambda name: importlib.util.find_spec(f"no_{name}"))
    with pytest.raises(SupervisorError, match=r"-r vidsite/local_ecs/requirements\.txt"):
        local_ecs(port=free_port(), site_url=SITE)


def test_a_taken_port_says_what_it_is_for() -> None:
    port = free_port()
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(SupervisorError, match=r"\(for the local ECS\) is in use; choose another with PORT=\."),
    ):
        local_ecs(port=port, site_url=SITE)


def test_a_site_starts_where_moto_is_not_installed() -> None:
    program = "import sys; sys.modules['moto'] = None; import django; django.setup(); import vidsite.running"
    environment = dict(os.environ) | {"DJANGO_SETTINGS_MODULE": "vidsite.settings"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
