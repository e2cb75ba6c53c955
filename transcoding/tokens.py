"""The credential of one attempt: signed, scoped to its job and number, expiring."""

from uuid import UUID

from django.conf import settings
from django.core import signing

SALT = "transcoding.report"


def make_token(job_id: UUID, attempt: int) -> str:
    """Return the bearer token with which this attempt may report."""
    return signing.dumps([str(job_id), attempt], salt=SALT)


def attempt_of(token: str, job_id: UUID) -> int | None:
    """Return the attempt a token speaks for, or None when it is not ours, too old or another job's."""
    try:
        named, attempt = signing.loads(token, salt=SALT, max_age=settings.REPORT_TOKEN_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return int(attempt) if named == str(job_id) else None
