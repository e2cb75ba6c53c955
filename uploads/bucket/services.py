"""The bucket made ready, or looked at."""

from collections.abc import Sequence

from django.conf import settings

from uploads.bucket.findings import Finding
from uploads.bucket.refusals import Unreachable
from uploads.bucket.steps import steps


def bucket_set_up(*, more_origins: Sequence[str] = ()) -> list[Finding]:
    """Make the bucket and everything in it that is not as the site needs it; what is not ours stays as it is.

    May be repeated. Raises Unreachable when the store cannot be asked at all.
    """
    return _examine(more_origins, mend=True)


def bucket_check(*, more_origins: Sequence[str] = ()) -> list[Finding]:
    """Say what `bucket_set_up` would do. Raises Unreachable."""
    return _examine(more_origins, mend=False)


def _examine(more_origins: Sequence[str], *, mend: bool) -> list[Finding]:
    if not settings.S3_BUCKET:
        raise Unreachable("Set S3_BUCKET to the name of the bucket.")
    return [step.examine(mend=mend) for step in steps(more_origins=more_origins)]
