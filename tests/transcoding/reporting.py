"""Posting reports as a transcoder does."""

import json
from typing import Any

from django.test import Client

from tests import factories
from tests.factories import SOURCE
from transcoding.models import Attempt
from transcoding.tokens import make_token

RENDITIONS: list[dict[str, Any]] = list(factories.RENDITIONS)


READY = [{"quality": r["quality"], "status": "READY", "progress": 100} for r in RENDITIONS]


def post(attempt: Attempt, /, *, token: str | None = None, raw: str | None = None, **facts: Any) -> Any:
    """Post a report as a transcoder does: no cookies, no CSRF token."""
    body = {"videoId": str(attempt.job.video_id), "attempt": attempt.number, "status": "RUNNING", **facts}
    return Client(enforce_csrf_checks=True).post(
        f"/api/jobs/{attempt.job_id}/reports",
        json.dumps(body) if raw is None else raw,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token or make_token(attempt.job_id, attempt.number)}"},
    )


def declare(attempt: Attempt, /, **facts: Any) -> Any:
    """Post the first report after the probe."""
    return post(attempt, source=SOURCE, renditions=RENDITIONS, stage="ENCODING", **facts)


def one(quality: str = "720p", **facts: object) -> list[dict[str, Any]]:
    return [{"quality": quality, **facts}]


def percents(attempt: Attempt) -> dict[str, int]:
    return dict(attempt.job.renditions.values_list("quality", "percent"))
