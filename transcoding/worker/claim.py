"""Fetch the job specification from the site: a container is given no more than an address and a token.

The site gives it to one transcoder for each attempt, and to that one again, as an answer may be lost.
"""

import uuid
from collections.abc import Mapping
from dataclasses import replace

from transcoding.worker.errors import Stopped
from transcoding.worker.patience import Patience
from transcoding.worker.site import OK, STOPPING, ask, stop_reason
from transcoding.worker.spec import JobSpec, SpecError
from transcoding.worker.stop import StopSwitch

START_URL, TOKEN, WORK_DIR = "VIDSITE_START_URL", "VIDSITE_TOKEN", "VIDSITE_WORK_DIR"
CLAIMANT = "X-Vidsite-Claimant"
"""Tells this process from another that was started for the same attempt."""
PATIENCE_SECONDS = 300.0
"""A site that is being deployed is away for a minute or two; longer, and another attempt has long been started."""


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
    stop.check()
    answer = ask(
        environment[START_URL],
        token=token,
        patience=patience,
        failure_code="platform.not-started",
        headers={CLAIMANT: uuid.uuid4().hex},
    )
    if answer.status_code in STOPPING:
        raise Stopped(stop_reason(answer.status_code, answer.content))
    if answer.status_code != OK:
        raise SpecError(f"The site answered {answer.status_code}.")
    return _on_this_machine(JobSpec.from_json(answer.content), environment)


def _on_this_machine(spec: JobSpec, environment: Mapping[str, str]) -> JobSpec:
    return replace(spec, work_dir=environment.get(WORK_DIR) or spec.work_dir)
