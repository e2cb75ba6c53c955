"""Ask the site for something, until it answers."""

import json
import logging
from collections.abc import Mapping
from typing import Any

import httpx

from transcoding.worker.errors import CANCELLED, PlatformError
from transcoding.worker.patience import Patience

log = logging.getLogger(__name__)

REQUEST_SECONDS = 10.0
OK, UNAUTHORIZED, CONFLICT, UNPROCESSABLE = 200, 401, 409, 422
STOPPING = frozenset({UNAUTHORIZED, CONFLICT})
FINAL = STOPPING | {OK, UNPROCESSABLE}


def ask(
    url: str,
    *,
    token: str,
    patience: Patience,
    failure_code: str,
    body: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Response:
    """Post to the site and return its answer, which is 200, 401, 409 or 422; after anything else try again.

    Raises PlatformError with `failure_code` when patience is at an end.
    """
    headers = {**(headers or {}), "Authorization": f"Bearer {token}"}
    # Proxy variables of the machine are ignored: the token goes to the site and nowhere else.
    with httpx.Client(trust_env=False, timeout=REQUEST_SECONDS) as client:
        while True:
            try:
                answer = client.post(url, json=body, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                failure = type(error).__name__
            else:
                if answer.status_code in FINAL:
                    return answer
                failure = f"status {answer.status_code}"
            log.warning("The site did not answer as it should: %s.", failure)
            patience.wait(PlatformError(failure_code, f"The site did not answer: {failure}."))


def stop_reason(status: int, body: str | bytes) -> str:
    """Return why the site wants no more of an attempt: unauthorized, cancelled or superseded."""
    if status == UNAUTHORIZED:
        return "unauthorized"
    try:
        return CANCELLED if json.loads(body)["reason"] == CANCELLED else "superseded"
    except (ValueError, KeyError, TypeError):
        return "superseded"
