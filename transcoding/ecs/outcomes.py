"""What an answer of RunTask means, or the error that came instead of one. Nothing here asks anybody.

>>> of_answer({"tasks": [], "failures": [{"reason": "RESOURCE:CPU"}]})
Waits(reason='RESOURCE:CPU', waits_for='capacity')
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

CAPACITY, CALLS, ANSWER = "capacity", "ECS to take more calls", "an answer of ECS"

THROTTLED = frozenset(
    {"ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded", "ServiceQuotaExceeded"}
)
UNREACHABLE = frozenset(
    {
        "EndpointConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionClosedError",
        "ConnectionError", "HTTPClientError", "ProxyConnectionError", "SSLError", "IncompleteReadError",
        "ResponseStreamingError",
    }
)  # fmt: skip
"""How the SDK calls what the network did. ECS may have heard the call all the same."""
FAULTS = frozenset(
    {
        "ServerException", "ServiceUnavailable", "ServiceUnavailableException", "InternalError", "InternalFailure",
        "InternalServerError", "RequestTimeout", "RequestTimeoutException",
    }
)  # fmt: skip
STATUS_5XX = re.compile("5[0-9][0-9]")
FINAL_FAILURE = re.compile("MISSING|INACTIVE|ATTRIBUTE")
NO_ROOM = re.compile(r"capacity|quota|limit|provisioning|concurrent|no container instances", re.IGNORECASE)
"""What a ClientException says when the account or the cluster is full; its other reasons last."""


@dataclass(frozen=True, slots=True)
class Started:
    """There is a task for the attempt."""

    arn: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Perhaps later. After an error of the network there may be a task: asking again with the same token finds it."""

    reason: str
    waits_for: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Asking again would change nothing."""

    reason: str


Outcome = Started | Waits | Refused


def of_answer(answer: Mapping[str, object]) -> Outcome:
    """Return what an answer of 200 means: it also carries what could not be placed."""
    for task in _dicts(answer.get("tasks")):
        if arn := task.get("taskArn"):
            return Started(str(arn))
    for failure in _dicts(answer.get("failures")):
        reason = str(failure.get("reason") or "no reason given")
        said = f"{reason} ({failure['detail']})" if failure.get("detail") else reason
        return Refused(said) if FINAL_FAILURE.match(reason) else Waits(said, CAPACITY)
    return Waits("ECS started no task, and gave no reason", CAPACITY)


def of_error(code: str, message: str, facts: Mapping[str, object]) -> Outcome:
    """Return what an error means, by the service's code or the SDK's name of it."""
    said = f"{code}: {message}" if message else code
    if code == "ConflictException":
        # The same token with other parameters, as after a change of settings: the task is there.
        there = facts.get("resourceIds")
        arns = [str(arn) for arn in there if arn] if isinstance(there, list) else []
        return Started(arns[0]) if arns else Waits(said, ANSWER)
    if code in THROTTLED:
        return Waits(said, CALLS)
    if is_unreachable(code) or code in FAULTS or STATUS_5XX.fullmatch(code) or _status(facts) >= 500:  # noqa: PLR2004 — where HTTP's server errors begin
        return Waits(said, ANSWER)
    if code in {"ClientException", "LimitExceededException"} and NO_ROOM.search(message):
        return Waits(said, CAPACITY)
    return Refused(said)


def is_unreachable(code: str) -> bool:
    """Say whether an error is the network's: the call may have been heard, and the next will fare no better now."""
    return code in UNREACHABLE


def _status(facts: Mapping[str, object]) -> int:
    metadata = facts.get("ResponseMetadata")
    status = metadata.get("HTTPStatusCode") if isinstance(metadata, dict) else None
    return status if isinstance(status, int) else 0


def _dicts(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
