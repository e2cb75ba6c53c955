"""The system checks of object storage: what is wrong is said before anything starts, with what to do."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.stub import Stubber
from django.core.checks import CheckMessage, run_checks
from pytest_django.fixtures import Settings

from tests.environment import free_port
from uploads import checks
from uploads.bucket import credentials_in_sight, network_check
from uploads.stores import aws


@pytest.fixture
def s3(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A site whose settings of object storage are right; the server is one where nobody listens."""
    settings.STORE = "s3"
    settings.S3_BUCKET = "media"
    settings.S3_ENDPOINT_URL = settings.S3_PUBLIC_ENDPOINT_URL = f"http://127.0.0.1:{free_port()}"
    settings.S3_ADDRESSING = "path"
    settings.S3_CHECKSUMS = "when_required"
    settings.S3_EVENTS = "ceph"
    settings.S3_EVENTS_URL = "https://video.example.org/hooks/s3/"
    settings.ALLOWED_HOSTS = ["video.example.org"]
    settings.S3_EVENT_SECRETS = ["a-secret-that-nobody-guesses"]
    for name in (*credentials_in_sight.VARIABLES, "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    aws.forget_clients()
    yield
    aws.forget_clients()


def found() -> list[str]:
    return [str(message.id) for message in messages()]


def messages() -> list[CheckMessage]:
    return [*checks.bucket_settings_make_sense(None), *checks.event_settings_make_sense(None)]


def test_right_settings_pass(s3: None) -> None:
    assert found() == []


def test_a_site_with_a_local_store_is_asked_nothing_about_buckets(settings: Settings) -> None:
    settings.STORE, settings.S3_BUCKET, settings.S3_EVENTS = "local", "", "pigeon"
    assert found() == []
    assert list(checks.bucket_is_ready(None)) == []


def test_a_missing_bucket_is_named(s3: None, settings: Settings) -> None:
    settings.S3_BUCKET = ""
    assert found() == ["uploads.E001"]


@pytest.mark.parametrize("name", ["S3_ADDRESSING", "S3_CHECKSUMS", "S3_EVENTS"])
def test_a_choice_nobody_knows_is_named_with_those_there_are(s3: None, settings: Settings, name: str) -> None:
    setattr(settings, name, "pigeon")
    (error,) = messages()
    assert (error.id, error.msg) == ("uploads.E002", f"{name}='pigeon' is not known.")
    assert str(error.hint).startswith(f"Set {name} to one of: ")


@pytest.mark.parametrize("name", ["S3_ENDPOINT_URL", "S3_PUBLIC_ENDPOINT_URL", "CDN_URL", "S3_EVENTS_URL"])
@pytest.mark.parametrize("value", ["s3.example.org", "ftp://s3.example.org", "https://", "http://host:port"])
def test_what_is_no_web_address_is_named(s3: None, settings: Settings, name: str, value: str) -> None:
    setattr(settings, name, value)
    assert found() == ["uploads.E003"]


@pytest.mark.parametrize("path", ["", "/", "/sources", "//sources/"])
def test_a_queue_url_without_account_and_name_is_refused(s3: None, settings: Settings, path: str) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_QUEUE_URL = "sqs", f"https://sqs.eu-west-1.amazonaws.com{path}"
    (error,) = messages()
    assert (error.id, error.msg) == (
        "uploads.E003",
        f"S3_EVENT_QUEUE_URL='{settings.S3_EVENT_QUEUE_URL}' names no queue.",
    )
    settings.S3_EVENT_QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/sources"
    assert found() == []


@pytest.mark.parametrize("events", ["sns", "eventbridge", "ceph", "minio", "forward"])
def test_a_webhook_at_a_host_that_the_site_does_not_answer_for_is_refused(
    s3: None, settings: Settings, events: str
) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = events, ["arn:aws:sns:eu-west-1:1:sources"]
    settings.S3_EVENT_TARGET_ARN = "arn:minio:sqs::VIDSITE:webhook"
    settings.ALLOWED_HOSTS = ["www.example.org", "127.0.0.1"]
    (error,) = messages()
    assert (error.id, error.hint) == ("uploads.E007", "Add video.example.org to ALLOWED_HOSTS.")


@pytest.mark.parametrize("events", ["none", "sqs"])
def test_the_host_of_a_webhook_that_nobody_calls_is_not_looked_at(s3: None, settings: Settings, events: str) -> None:
    settings.S3_EVENTS, settings.ALLOWED_HOSTS = events, []
    settings.S3_EVENT_QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/sources"
    assert "uploads.E007" not in found()


@pytest.mark.parametrize(
    ("url", "hosts"),
    [("https://Video.example.org:8443/hooks/s3/", [".example.org"]), ("http://[::1]:8000/hooks/s3/", ["[::1]"]),
     ("https://name:secret@video.example.org/hooks/s3/", ["video.example.org"]), ("http://web/", ["*"])],
)  # fmt: skip
def test_a_webhook_at_a_host_of_the_site_passes_however_it_is_written(
    s3: None, settings: Settings, url: str, hosts: list[str]
) -> None:
    settings.S3_EVENTS_URL, settings.ALLOWED_HOSTS = url, hosts
    assert found() == []


def test_a_webhook_at_a_name_that_django_takes_for_none_is_refused(s3: None, settings: Settings) -> None:
    settings.S3_EVENTS_URL, settings.ALLOWED_HOSTS = "http://my_site:8000/hooks/s3/", ["*"]
    (error,) = messages()
    assert (error.id, str(error.hint).split(" by ")[0]) == ("uploads.E007", "Call the site")


def test_while_debugging_the_local_hosts_that_django_answers_for_pass(s3: None, settings: Settings) -> None:
    settings.S3_EVENTS_URL, settings.ALLOWED_HOSTS = "http://127.0.0.1:8000/hooks/s3/", []
    assert found() == ["uploads.E007"]
    settings.DEBUG = True
    assert found() == []


@pytest.mark.parametrize(
    ("events", "name"),
    [("sns", "S3_EVENT_TOPIC_ARNS"), ("sqs", "S3_EVENT_QUEUE_URL"), ("minio", "S3_EVENT_TARGET_ARN"),
     ("minio", "S3_EVENT_SECRETS"), ("ceph", "S3_EVENT_SECRETS"), ("eventbridge", "S3_EVENT_SECRETS"),
     ("forward", "S3_EVENT_SECRETS")],
)  # fmt: skip
def test_what_a_way_of_events_needs_is_named_when_it_is_not_set(
    s3: None, settings: Settings, events: str, name: str
) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TARGET_ARN = events, "arn:minio:sqs::VIDSITE:webhook"
    setattr(settings, name, type(getattr(settings, name))())
    (error,) = messages()
    assert (error.id, error.msg) == ("uploads.E004", f"{name} is not set, and S3_EVENTS={events} needs it.")


@pytest.mark.parametrize("secret", ["fifteen-letters", "", "a secret with spaces", "ein-längeres-geheimnis"])
def test_a_secret_that_is_too_short_or_cannot_travel_is_refused_without_being_shown(
    s3: None, settings: Settings, secret: str
) -> None:
    settings.S3_EVENT_SECRETS = ["a-secret-that-nobody-guesses", secret]
    (error,) = messages()
    assert error.id == "uploads.E004"
    assert not secret or secret not in f"{error.msg} {error.hint}"


@pytest.mark.parametrize(("name", "most"), [("PLAYBACK_URL_SECONDS", 302_400), ("PART_URL_SECONDS", 604_800)])
def test_a_url_that_lives_longer_than_s3_signs_for_is_refused(
    s3: None, settings: Settings, name: str, most: int
) -> None:
    setattr(settings, name, most)
    assert found() == []
    setattr(settings, name, most + 1)
    assert found() == ["uploads.E005"]


@pytest.mark.parametrize("name", ["S3_WORKER_ACCESS_KEY_ID", "S3_WORKER_SECRET_ACCESS_KEY"])
def test_half_of_the_transcoders_credentials_is_refused(s3: None, settings: Settings, name: str) -> None:
    setattr(settings, name, "set")
    assert found() == ["uploads.E006"]


def test_sns_over_plain_http_is_warned_of(s3: None, settings: Settings) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_TOPIC_ARNS = "sns", ["arn:aws:sns:eu-west-1:1:sources"]
    assert found() == []
    settings.S3_EVENTS_URL = "http://video.example.org/hooks/s3/"
    assert found() == ["uploads.W001"]


def test_no_events_are_warned_of(s3: None, settings: Settings) -> None:
    settings.S3_EVENTS = "none"
    assert found() == ["uploads.W002"]


def test_credentials_that_are_nowhere_in_sight_are_warned_of(
    s3: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    assert found() == ["uploads.W003"]
    (tmp_path / "credentials").write_text("[default]\n")
    assert found() == []


@pytest.mark.parametrize("path", ["~nobody-of-this-name/credentials", "x" * 5000])
def test_a_place_for_credentials_that_cannot_be_looked_at_stops_nothing(
    s3: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", path)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", path)
    assert found() == ["uploads.W003"]


def test_a_machine_that_does_not_say_who_built_it_stops_nothing(
    s3: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(credentials_in_sight, "MACHINE", tmp_path)
    (tmp_path / "sys_vendor").mkdir()
    (tmp_path / "bios_version").write_bytes(b"\xff4.11.amazon")
    settings.S3_ENDPOINT_URL = ""
    assert found() == []


def test_a_machine_of_ec2_may_have_a_role_for_amazons_own_store(
    s3: None, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setattr(credentials_in_sight, "MACHINE", tmp_path)
    (tmp_path / "sys_vendor").write_text("Amazon EC2\n")
    assert found() == ["uploads.W003"]
    settings.S3_ENDPOINT_URL = ""
    assert found() == []


def test_a_bucket_that_cannot_be_reached_is_warned_of_by_the_check_for_deployment(s3: None) -> None:
    (warning,) = checks.bucket_is_ready(None)
    assert warning.id == "uploads.W011"
    assert warning.msg.startswith("Could not connect to the endpoint URL")


def test_a_store_that_keeps_silent_does_not_hold_up_the_check(
    s3: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_check, "PATIENCE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.S3_ENDPOINT_URL = f"http://127.0.0.1:{silent.getsockname()[1]}"
        (warning,) = checks.bucket_is_ready(None)
    assert (warning.id, warning.msg) == ("uploads.W011", "The store did not answer within 0.5 seconds.")


def test_whatever_goes_wrong_while_looking_at_the_bucket_is_one_warning_and_is_logged(
    s3: None, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.S3_EVENTS, settings.S3_EVENT_QUEUE_URL = "sqs", "https://sqs.eu-west-1.amazonaws.com/sources"
    with Stubber(aws.s3()) as stubbed:
        stubbed.add_response("head_bucket", {})
        for call in ("get_public_access_block", "get_bucket_cors", "get_bucket_lifecycle_configuration"):
            stubbed.add_client_error(call, service_error_code="NotImplemented", http_status_code=501)
        with Stubber(aws.sqs()) as queue:
            queue.add_response("get_queue_attributes", {"Attributes": {}})
            (warning,) = checks.bucket_is_ready(None)
    assert warning.id == "uploads.W011"
    assert warning.msg.startswith("The bucket could not be looked at: ValueError:")
    assert "Traceback" in caplog.text


def test_the_network_is_asked_only_for_deployment(s3: None) -> None:
    ids = [message.id for message in run_checks(include_deployment_checks=False)]
    assert "uploads.W011" not in ids
