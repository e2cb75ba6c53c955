"""What ECS's answers and errors mean: a task, later, or never."""

from typing import Any

import pytest

from transcoding.ecs.outcomes import ANSWER, CALLS, CAPACITY, Refused, Started, Waits, of_answer, of_error


def test_a_task_in_the_answer_is_started() -> None:
    assert of_answer({"tasks": [{"taskArn": "arn:1"}], "failures": []}) == Started("arn:1")


@pytest.mark.parametrize(
    "reason",
    ["RESOURCE:CPU", "RESOURCE:MEMORY", "RESOURCE:ENI", "AGENT", "Capacity is unavailable at this time. Try later"],
)
def test_a_failure_for_want_of_room_waits_for_capacity(reason: str) -> None:
    assert of_answer({"tasks": [], "failures": [{"reason": reason}]}) == Waits(reason, CAPACITY)


@pytest.mark.parametrize("reason", ["MISSING", "INACTIVE", "ATTRIBUTE"])
def test_a_failure_that_time_does_not_mend_is_final(reason: str) -> None:
    failure = {"arn": "arn:x", "reason": reason, "detail": "of the instance"}
    assert of_answer({"tasks": [], "failures": [failure]}) == Refused(f"{reason} (of the instance)")


@pytest.mark.parametrize(
    "answer", [{}, {"tasks": [], "failures": []}, {"tasks": None}, {"tasks": ["x"]}, {"tasks": [{}]}]
)
def test_an_answer_with_nothing_in_it_waits(answer: dict[str, Any]) -> None:
    assert isinstance(of_answer(answer), Waits)


@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded"])
def test_throttling_waits_for_fewer_calls(code: str) -> None:
    assert of_error(code, "Rate exceeded", {}) == Waits(f"{code}: Rate exceeded", CALLS)


@pytest.mark.parametrize(
    "code",
    ["ReadTimeoutError", "ConnectTimeoutError", "EndpointConnectionError", "ConnectionClosedError", "ServerException",
     "ServiceUnavailableException", "500", "503"],
)  # fmt: skip
def test_a_server_that_is_away_or_ill_is_waited_for(code: str) -> None:
    assert of_error(code, "", {}) == Waits(code, ANSWER)


def test_any_server_error_is_waited_for_whatever_its_name() -> None:
    assert isinstance(of_error("NewFault", "", {"ResponseMetadata": {"HTTPStatusCode": 502}}), Waits)


@pytest.mark.parametrize(
    "message",
    [
        "The quota of tasks in the PROVISIONING state per cluster has been reached.",
        "You've reached the limit on the number of vCPUs you can run concurrently",
        "No Container Instances were found in your cluster.",
    ],
)
def test_an_account_or_cluster_that_is_full_waits_for_capacity(message: str) -> None:
    assert of_error("ClientException", message, {}) == Waits(f"ClientException: {message}", CAPACITY)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ClusterNotFoundException", "Cluster not found."),
        ("InvalidParameterException", "Network Configuration must be provided"),
        ("ClientException", "TaskDefinition not found."),
        ("ClientException", "TaskDefinition is inactive"),
        ("AccessDeniedException", "not authorized to perform: ecs:RunTask"),
        ("UnsupportedFeatureException", ""),
        ("PlatformUnknownException", ""),
        ("BlockedException", "Your account is blocked"),
        ("UnrecognizedClientException", "The security token is invalid"),
        ("ExpiredTokenException", "expired"),
        ("NoCredentialsError", "Unable to locate credentials"),
        ("ParamValidationError", ""),
    ],
)
def test_what_only_a_person_can_mend_is_final(code: str, message: str) -> None:
    assert of_error(code, message, {"ResponseMetadata": {"HTTPStatusCode": 400}}) == Refused(
        f"{code}: {message}" if message else code
    )


def test_a_token_that_is_in_use_says_which_task_there_is() -> None:
    assert of_error("ConflictException", "in use", {"resourceIds": ["arn:1"]}) == Started("arn:1")


@pytest.mark.parametrize("facts", [{}, {"resourceIds": []}, {"resourceIds": "arn"}, {"resourceIds": [""]}])
def test_a_conflict_that_names_no_task_waits(facts: dict[str, Any]) -> None:
    assert isinstance(of_error("ConflictException", "", facts), Waits)
