"""System checks that say what to set, before anything starts."""

import shutil
from collections.abc import Sequence
from contextlib import suppress

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from transcoding.worker.spec import MIN_HEIGHT, PRESETS


@register()
def secret_key_is_set(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    with suppress(ImproperlyConfigured):  # which is what reading an empty one raises
        if settings.SECRET_KEY:
            return []
    return [
        Error(
            "SECRET_KEY is not set.",
            hint="Set SECRET_KEY in the environment or .env, or start with `manage.py up`, which makes one.",
            id="vidsite.E001",
        )
    ]


@register()
def choices_are_known(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    known = {"STORE": {"local", "s3"}, "LAUNCHER": {"celery", "ecs"}}
    return [
        Error(
            f"{name}={getattr(settings, name)!r} is not known.",
            hint=f"Set {name} to one of: {', '.join(sorted(choices))}.",
            id="vidsite.E002",
        )
        for name, choices in known.items()
        if getattr(settings, name) not in choices
    ]


@register()
def ffmpeg_is_installed(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    return [
        Error(
            f"{tool} is not installed.",
            hint="Debian/Ubuntu: apt install ffmpeg. macOS: brew install ffmpeg.",
            id="vidsite.E003",
        )
        for tool in ("ffmpeg", "ffprobe")
        if shutil.which(tool) is None
    ]


@register()
def preset_is_known(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    if settings.X264_PRESET in PRESETS:
        return []
    message = f"X264_PRESET={settings.X264_PRESET!r} is not known."
    return [Error(message, hint=f"Set it to one of: {', '.join(sorted(PRESETS))}.", id="vidsite.E006")]


@register()
def numbers_make_sense(app_configs: object, **kwargs: object) -> Sequence[CheckMessage]:
    positive = (
        "MAX_UPLOAD_BYTES",
        "MAX_UNFINISHED_UPLOADS",
        "MAX_UNFINISHED_BYTES",
        "JOB_LEASE_SECONDS",
        "JOB_MAX_ATTEMPTS",
        "TRANSCODE_WORKERS",
        "SEGMENT_SECONDS",
        "UPLOAD_EXPIRY_SECONDS",
        "PART_URL_SECONDS",
        "PLAYBACK_URL_SECONDS",
        "MAX_DURATION_SECONDS",
        "MAX_PIXELS",
        "NO_PROGRESS_SECONDS",
        "WALL_CLOCK_SECONDS",
        "REPORT_TOKEN_SECONDS",
    )
    errors: list[CheckMessage] = [
        Error(f"{name} is {getattr(settings, name)}.", hint="Set it to a number above zero.", id="vidsite.E004")
        for name in positive
        if getattr(settings, name) <= 0
    ]
    if settings.FFMPEG_THREADS < 0:
        hint = "Set it to 0 for as many as there are processors, or to a number."
        errors.append(Error(f"FFMPEG_THREADS is {settings.FFMPEG_THREADS}.", hint=hint, id="vidsite.E007"))
    if not settings.LADDER or min(settings.LADDER) < MIN_HEIGHT:
        errors.append(
            Error("LADDER has no usable height.", hint="For example: LADDER=1080,720,480", id="vidsite.E005")
        )
    return errors
