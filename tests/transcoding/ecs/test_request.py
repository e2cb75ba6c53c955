"""What ECS is asked for."""

import re

import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.factories import uploaded_video
from transcoding.ecs.request import capacity_providers, client_token, run_task_request
from transcoding.models import Attempt, Job
from transcoding.tokens import attempt_of


@pytest.fixture
def attempt(alice: User) -> Attempt:
    job = Job.objects.get(video=uploaded_video(alice))
    return Attempt.objects.create(job=job, number=2, launcher="ecs")


def environment(attempt: Attempt) -> dict[str, str]:
    [container] = run_task_request(attempt)["overrides"]["containerOverrides"]
    assert container["name"] == "transcoder"
    return {pair["name"]: pair["value"] for pair in container["environment"]}


def test_the_container_gets_four_variables_and_nothing_else(attempt: Attempt) -> None:
    variables = environment(attempt)
    token = variables.pop("VIDSITE_TOKEN")
    assert attempt_of(token, attempt.job_id) == 2
    assert variables == {
        "VIDSITE_START_URL": f"https://videos.example.org/api/jobs/{attempt.job_id}/start",
        "VIDSITE_JOB_ID": str(attempt.job_id),
        "VIDSITE_ATTEMPT": "2",
    }


def test_the_client_token_names_the_attempt_within_what_ecs_takes(attempt: Attempt) -> None:
    attempt.number = 32767
    assert client_token(attempt) == f"{attempt.job_id}".replace("-", "") + "-32767"
    assert re.fullmatch(r"[!-~]{1,64}", client_token(attempt))


def test_whose_task_it_is_can_be_listed_and_read(attempt: Attempt) -> None:
    request = run_task_request(attempt)
    assert request["startedBy"] == f"{attempt.job_id}/2"
    tags = {tag["key"]: tag["value"] for tag in request["tags"]}
    assert tags == {
        "vidsite:job": str(attempt.job_id),
        "vidsite:attempt": "2",
        "vidsite:video": str(attempt.job.video_id),
    }


def test_a_task_runs_in_the_subnets_of_the_settings(attempt: Attempt) -> None:
    request = run_task_request(attempt)
    assert (request["cluster"], request["taskDefinition"], request["count"]) == ("films", "transcoder:7", 1)
    assert request["launchType"] == "FARGATE"
    assert request["networkConfiguration"] == {
        "awsvpcConfiguration": {
            "subnets": ["subnet-1", "subnet-2"], "securityGroups": ["sg-1"], "assignPublicIp": "DISABLED"
        }
    }  # fmt: skip


def test_a_public_address_is_asked_for_where_the_settings_say_so(attempt: Attempt, settings: Settings) -> None:
    settings.ECS_ASSIGN_PUBLIC_IP = True
    assert run_task_request(attempt)["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "ENABLED"


def test_no_network_is_named_where_there_are_no_subnets(attempt: Attempt, settings: Settings) -> None:
    settings.ECS_SUBNETS, settings.ECS_LAUNCH_TYPE = [], "EC2"
    request = run_task_request(attempt)
    assert "networkConfiguration" not in request
    assert request["launchType"] == "EC2"


def test_capacity_providers_take_the_place_of_the_launch_type(attempt: Attempt, settings: Settings) -> None:
    settings.ECS_CAPACITY_PROVIDERS = ["FARGATE_SPOT:3", "FARGATE:1"]
    request = run_task_request(attempt)
    assert "launchType" not in request
    assert request["capacityProviderStrategy"] == [
        {"capacityProvider": "FARGATE_SPOT", "weight": 3},
        {"capacityProvider": "FARGATE", "weight": 1},
    ]


@pytest.mark.parametrize("listed", [["FARGATE:many"], ["FARGATE:-1"], [""], ["a b"], ["FARGATE:1001"], ["FARGATE:0"]])
def test_a_strategy_that_ecs_would_refuse_is_not_understood(listed: list[str]) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(listed[0])}"):
        capacity_providers(listed)


def test_a_bigger_machine_is_asked_for_by_an_override(attempt: Attempt) -> None:
    overrides = run_task_request(attempt, size=(2048, 16384))["overrides"]
    assert (overrides["cpu"], overrides["memory"]) == ("2048", "16384")
    assert "cpu" not in run_task_request(attempt)["overrides"]
