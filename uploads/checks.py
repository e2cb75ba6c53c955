"""System checks of the settings of object storage: they say what to set, before anything starts."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.http.request import split_domain_port, validate_host

from uploads.bucket.credentials_in_sight import may_have_credentials
from uploads.bucket.network_check import what_is_missing
from uploads.bucket.steps import EVENTS, NEEDS
from uploads.bucket.wanted import names_queue

CHOICES = {
    "S3_ADDRESSING": {"virtual", "path"},
    "S3_CHECKSUMS": {"when_supported", "when_required"},
    "S3_EVENTS": set(EVENTS),
}
BY_WEBHOOK = EVENTS.keys() - {"none", "sqs"}
LOCAL_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
"""What Django adds while DEBUG is on and ALLOWED_HOSTS is empty."""
GOOD_SECRET = re.compile(r"[!-~]{16,}")
WEEK_SECONDS = 7 * 24 * 3600
"""S3 signs for so long at most."""


@register("s3")
def bucket_settings_make_sense(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    return (
        [*_bucket(), *_choices(), *_urls(), *_secrets(), *_seconds(), *_credentials()]
        if settings.STORE == "s3"
        else []
    )


@register("s3_events")
def event_settings_make_sense(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    return [*_events(), *_webhook(), *_weak_events()] if settings.STORE == "s3" else []


@register("s3_network", deploy=True)
def bucket_is_ready(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    return what_is_missing() if settings.STORE == "s3" else []


def _bucket() -> Iterator[CheckMessage]:
    if not settings.S3_BUCKET:
        yield Error("S3_BUCKET is not set.", hint="Set it to the name of the bucket.", id="uploads.E001")


def _choices() -> Iterator[CheckMessage]:
    for name, known in CHOICES.items():
        value = getattr(settings, name)
        if value not in known:
            hint = f"Set {name} to one of: {', '.join(sorted(known))}."
            yield Error(f"{name}={value!r} is not known.", hint=hint, id="uploads.E002")


def _urls() -> Iterator[CheckMessage]:
    names = ["S3_ENDPOINT_URL", "S3_PUBLIC_ENDPOINT_URL", "CDN_URL"]
    if settings.S3_EVENTS == "sqs":
        names.append("S3_EVENT_QUEUE_URL")
    elif settings.S3_EVENTS != "none":
        names.append("S3_EVENTS_URL")
    for name in names:
        value = getattr(settings, name)
        if value and not _is_url(value):
            hint = "Set it to an address that begins with https:// or http://."
            yield Error(f"{name}={value!r} is no URL.", hint=hint, id="uploads.E003")
        elif value and name == "S3_EVENT_QUEUE_URL" and not names_queue(value):
            hint = "Set it to the queue's URL: https://sqs.<region>.amazonaws.com/<account>/<name>"
            yield Error(f"{name}={value!r} names no queue.", hint=hint, id="uploads.E003")


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # as for a port that is no number
        return False


def _events() -> Iterator[CheckMessage]:
    events = settings.S3_EVENTS
    for name in _needed(events):
        if not any(getattr(settings, name)):
            hint = f"Set {name}, or S3_EVENTS to another of: {', '.join(sorted(EVENTS))}."
            if name == "S3_EVENT_TOPIC_ARNS":
                hint += " `manage.py s3_setup` makes a topic when there is none."
            yield Error(f"{name} is not set, and S3_EVENTS={events} needs it.", hint=hint, id="uploads.E004")


def _webhook() -> Iterator[CheckMessage]:
    url = settings.S3_EVENTS_URL
    if settings.S3_EVENTS not in BY_WEBHOOK or not _is_url(url):
        return
    host, _ = split_domain_port(urlsplit(url).netloc.rpartition("@")[2])
    # The same that Django answers for, before any view of ours is asked.
    allowed = settings.ALLOWED_HOSTS or (LOCAL_HOSTS if settings.DEBUG else [])
    if not host or not validate_host(host, allowed):
        strange = "Call the site by a name of letters, digits, dots and hyphens."  # such as one with an underscore
        yield Error(
            f"Every event would be answered 400: the host of S3_EVENTS_URL={url!r} is none of the site's.",
            hint=f"Add {host} to ALLOWED_HOSTS." if host else strange,
            id="uploads.E007",
        )


def _secrets() -> Iterator[CheckMessage]:
    # They travel in headers, and Ceph makes a plus of a space.
    if not all(GOOD_SECRET.fullmatch(secret) for secret in settings.S3_EVENT_SECRETS):
        yield Error(
            "One of S3_EVENT_SECRETS is too short, or has a space or a letter that is not ASCII.",
            hint="Use 16 characters or more, made by chance: openssl rand -hex 24",
            id="uploads.E004",
        )


def _needed(events: str) -> list[str]:
    """Return the settings that a way of events needs."""
    needed = {"sns": ["S3_EVENT_TOPIC_ARNS"], "minio": ["S3_EVENT_TARGET_ARN", "S3_EVENT_SECRETS"]}
    return needed.get(events, [NEEDS[events]] if events in NEEDS else [])


def _weak_events() -> Iterator[CheckMessage]:
    if settings.S3_EVENTS == "none":
        yield Warning(
            "S3_EVENTS=none: the store tells nobody of uploads.",
            hint="A finished upload is noticed by the browser's own call, or a minute later by the sweep. "
            f"Set S3_EVENTS to one of: {', '.join(sorted(EVENTS.keys() - {'none'}))}.",
            id="uploads.W002",
        )
    elif settings.S3_EVENTS == "sns" and not settings.S3_EVENTS_URL.startswith("https://"):
        yield Warning(
            f"S3_EVENTS_URL={settings.S3_EVENTS_URL!r} is not https.",
            hint="SNS delivers over the internet: let it come to the site's https address.",
            id="uploads.W001",
        )


def _seconds() -> Iterator[CheckMessage]:
    # Playback URLs are signed from the last full interval on, so that they stay the same: for twice as long.
    for name, most in (("PLAYBACK_URL_SECONDS", WEEK_SECONDS // 2), ("PART_URL_SECONDS", WEEK_SECONDS)):
        value = getattr(settings, name)
        if value > most:
            hint = f"Set it to {most} at most: S3 signs for no longer than a week."
            yield Error(f"{name} is {value}.", hint=hint, id="uploads.E005")


def _credentials() -> Iterator[CheckMessage]:
    pair = {name: getattr(settings, name) for name in ("S3_WORKER_ACCESS_KEY_ID", "S3_WORKER_SECRET_ACCESS_KEY")}
    missing = [name for name, value in pair.items() if not value]
    if len(missing) == 1:
        hint = "Set both, or neither: then the transcoders use the AWS chain of their machine."
        yield Error(f"{missing[0]} is not set, and the other half is.", hint=hint, id="uploads.E006")
    if not may_have_credentials(settings.S3_ENDPOINT_URL):
        yield Warning(
            "No credentials for the store are in sight.",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or another source of the standard AWS chain.",
            id="uploads.W003",
        )
