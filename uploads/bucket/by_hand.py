"""The commands of the AWS command line that do what these credentials may not."""

import json
import shlex

from django.conf import settings

THE_SECRET = "FIRST-OF-S3_EVENT_SECRETS"  # noqa: S105 — it stands in a printed command where the secret belongs


def aws_command(service: str, operation: str, *, here: bool = False, **options: object) -> str:
    """Return a command; an option that is no string is written as JSON. `here` is for the bucket's own server."""
    words = ["aws", service, operation]
    for name, value in options.items():
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        words += [f"--{name.replace('_', '-')}", text]
    if here and settings.S3_ENDPOINT_URL:
        words += ["--endpoint-url", settings.S3_ENDPOINT_URL]
    return shlex.join([*words, "--region", settings.S3_REGION])


def s3api(operation: str, **options: object) -> str:
    """Return a command about the bucket."""
    return aws_command("s3api", operation, here=True, bucket=settings.S3_BUCKET, **options)
