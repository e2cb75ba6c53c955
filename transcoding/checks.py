"""System checks of the settings of ECS: they say what to set, before anything starts."""

import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from transcoding.ecs.request import capacity_providers

LAUNCH_TYPES = ("FARGATE", "EC2", "EXTERNAL")
GOOD_SECRET = re.compile(r"[!-~]{16,}")
THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


@register("ecs")
def ecs_settings_make_sense(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    if settings.LAUNCHER != "ecs":
        return []
    return [*_names(), *_kinds(), *_network(), *_numbers(), *_secrets(), *_reach()]


def _names() -> Iterator[CheckMessage]:
    what = {"ECS_CLUSTER": "the name or ARN of the cluster", "ECS_TASK_DEFINITION": "the transcoder's task definition"}
    for name, meaning in what.items():
        if not getattr(settings, name):
            hint = f"Set {name} to {meaning}, or LAUNCHER=celery."
            yield Error(f"{name} is not set, and LAUNCHER=ecs needs it.", hint=hint, id="transcoding.E001")


def _kinds() -> Iterator[CheckMessage]:
    if settings.ECS_LAUNCH_TYPE not in LAUNCH_TYPES:
        hint = f"Set it to one of: {', '.join(LAUNCH_TYPES)}."
        yield Error(f"ECS_LAUNCH_TYPE={settings.ECS_LAUNCH_TYPE!r} is not known.", hint=hint, id="transcoding.E002")
    try:
        capacity_providers(settings.ECS_CAPACITY_PROVIDERS)
    except ValueError as error:
        hint = "Name each with its weight, for example ECS_CAPACITY_PROVIDERS=FARGATE_SPOT:3,FARGATE:1"
        yield Error(f"ECS_CAPACITY_PROVIDERS: {error} is not understood.", hint=hint, id="transcoding.E003")


def _network() -> Iterator[CheckMessage]:
    kinds = settings.ECS_CAPACITY_PROVIDERS or [settings.ECS_LAUNCH_TYPE]
    if any(kind.startswith("FARGATE") for kind in kinds) and not any(settings.ECS_SUBNETS):
        hint = "Set ECS_SUBNETS to the subnets in which tasks run, for example subnet-1,subnet-2"
        yield Error("ECS_SUBNETS is not set, and Fargate needs it.", hint=hint, id="transcoding.E004")


def _numbers() -> Iterator[CheckMessage]:
    for name in ("ECS_FALLBACK_SECONDS", "ECS_CELERY_MAX_BYTES"):
        if getattr(settings, name) < 0:
            hint = "Set it to zero or more."
            yield Error(f"{name} is {getattr(settings, name)}.", hint=hint, id="transcoding.E005")


def _secrets() -> Iterator[CheckMessage]:
    if not all(GOOD_SECRET.fullmatch(secret) for secret in settings.ECS_EVENT_SECRETS):
        yield Error(
            "One of ECS_EVENT_SECRETS is too short, or has a space or a letter that is not ASCII.",
            hint="Use 16 characters or more, made by chance: openssl rand -hex 24",
            id="transcoding.E006",
        )


def _reach() -> Iterator[CheckMessage]:
    """Warn of what only tasks on this same machine can reach, unless ECS itself is a stand-in here."""
    if urlsplit(os.environ.get("AWS_ENDPOINT_URL_ECS", "")).hostname in THIS_MACHINE:
        return
    if urlsplit(settings.REPORT_URL).hostname in THIS_MACHINE:
        hint = "Set REPORT_URL to an address of the site that the tasks reach."
        yield Warning(
            f"Tasks on other machines cannot report to {settings.REPORT_URL}.", hint=hint, id="transcoding.W001"
        )
    if settings.STORE == "local":
        hint = "Set STORE=s3 (docs/object-storage.md)."
        yield Warning("Tasks on other machines cannot read STORE=local.", hint=hint, id="transcoding.W002")
