"""Fetch the job specification from the site: a container is given no more than an address and a token.

The site gives it to one transcoder for each attempt, and to that one again, as an answer may be lost.
"""

import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace

import httpx

from transcoding.worker.errors import PlatformError, Stopped
from transcoding.worker.patience import Patience
from transcoding.worker.spec import JobSpec, SpecError
from transcoding.worker.stop import StopSwitch

log = logging.getLogger(__name__)

START_URL, TOKEN, WORK_DIR = "VIDSITE_START_URL", "VIDSITE_TOKEN", "VIDSITE_WORK_DIR"
CLAIMANT = "X-Vidsite-Claimant"
"""Tells this process from another that was started for the same attempt."""
PATIENCE_SECONDS = 300.0
"""A site that is being deployed is away for a minute or two; longer, and another attempt has long been started."""
REQUEST_SECONDS = 10.0
OK, UNAUTHORIZED, CONFLICT = 200, 401, 409


def is_asked_for(environment: Mapping[str, str]) -> bool:
    """Say whether the specification is to be fetched; otherwise it comes on standard input."""
    return START_URL in environment


def claimed_spec(
    environment: Mapping[str, str], *, stop: StopSwitch, patience_seconds: float = PATIENCE_SECONDS
) -> JobSpec:
    """Claim the attempt and return its specification, with the machine's own work directory where it names one.

    Raises Stopped when the attempt is not to be had, Interrupted when this machine is to end, PlatformError when the
    site does not answer, SpecError when its answer is no specification.
    """
    token = environment.get(TOKEN, "")
    if not token:
        raise SpecError(f"{TOKEN} is missing.")
    patience = Patience(patience_seconds, check=stop.check)
    headers = {"Authorization": f"Bearer {token}", CLAIMANT: uuid.uuid4().hex}
    # Proxy variables of the machine are ignored: the token goes to the site and nowhere else.
    with httpx.Client(trust_env=False, timeout=REQUEST_SECONDS) as client:
        while True:
            stop.check()
            try:
                answer = client.post(environment[START_URL], headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                failure = type(error).__name__
            else:
                if answer.status_code == OK:
                    return _on_this_machine(JobSpec.from_json(answer.content), environment)
                if answer.status_code in {UNAUTHORIZED, CONFLICT}:
                    raise Stopped(_reason(answer))
                failure = f"status {answer.status_code}"
            log.warning("The site did not give the job specification: %s.", failure)
            patience.wait(PlatformError("platform.not-started", f"The site did not answer: {failure}."))


def _on_this_machine(spec: JobSpec, environment: Mapping[str, str]) -> JobSpec:
    return replace(spec, work_dir=environment.get(WORK_DIR) or spec.work_dir)


def _reason(answer: httpx.Response) -> str:
    if answer.status_code == UNAUTHORIZED:
        return "unauthorized"
    try:
        return str(json.loads(answer.content)["reason"])
    except (ValueError, KeyError, TypeError):
        return "superseded"
