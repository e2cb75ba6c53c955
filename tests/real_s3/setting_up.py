"""How tests run `manage.py s3_setup`, and what they set it to."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.real_s3.conftest import Bucket

SECRET = "a+secret/that=nobody-guesses"


def use_ceph_events(settings: Settings) -> None:
    """Let the store tell an address where nobody listens."""
    settings.SITE_URL = "https://video.example.org"
    settings.S3_EVENTS = "ceph"
    settings.S3_EVENTS_URL = "http://127.0.0.1:9/hooks/s3/"
    settings.S3_EVENT_SECRETS = [SECRET]


def setup(*arguments: str) -> list[str]:
    """Run the command and return what it printed; its exit status is 0."""
    printed = StringIO()
    call_command("s3_setup", *arguments, stdout=printed)
    return printed.getvalue().splitlines()


def failing_setup(*arguments: str) -> list[str]:
    """Run the command and return what it printed, with its last words; its exit status is 1."""
    printed = StringIO()
    with pytest.raises(CommandError) as failed:
        call_command("s3_setup", *arguments, stdout=printed)
    return [*printed.getvalue().splitlines(), str(failed.value)]


def states(lines: list[str]) -> list[str]:
    """Return the state of each item."""
    return [line[:12].strip() for line in lines if line[:1].strip() and line[13:14].strip()]


def forget_cors(bucket: Bucket) -> None:
    bucket.s3.delete_bucket_cors(Bucket=bucket.name)
