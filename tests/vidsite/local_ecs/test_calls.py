"""What a site relies on in ECS's answers, and moto's own ECS does otherwise."""

from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.vidsite.local_ecs.conftest import LASTS, Runner
from vidsite.local_ecs.names import CLUSTER


def test_a_token_starts_one_task_however_often_it_comes(runner: Runner) -> None:
    request = runner.request(runner.define(""))
    first, second = (runner.client.run_task(**request)["tasks"] for _ in range(2))
    assert [task["taskArn"] for task in first] == [task["taskArn"] for task in second]


def test_a_token_that_comes_with_another_request_is_refused_with_its_task(runner: Runner) -> None:
    request = runner.request(runner.define(""))
    (task,) = runner.client.run_task(**request)["tasks"]
    with pytest.raises(ClientError) as refused:
        runner.client.run_task(**request | {"startedBy": "somebody-else"})
    assert refused.value.response["Error"]["Code"] == "ConflictException"
    answer: Any = refused.value.response
    assert answer["resourceIds"] == [task["taskArn"]]


def test_a_task_that_is_not_known_is_missing_beside_one_that_is(runner: Runner) -> None:
    arn = runner.start("")
    unknown = f"{arn[:-4]}0000"
    answer = runner.client.describe_tasks(cluster=CLUSTER, tasks=[unknown, arn])
    assert [task["taskArn"] for task in answer["tasks"]] == [arn]
    assert answer["failures"] == [{"arn": unknown, "reason": "MISSING"}]


def test_a_task_is_found_by_who_started_it_as_long_as_it_is_to_run(runner: Runner) -> None:
    arn = runner.start(LASTS, request={"startedBy": "job/1"})
    runner.start("", request={"startedBy": "job/2"})
    assert runner.client.list_tasks(cluster=CLUSTER, startedBy="job/1")["taskArns"] == [arn]
    runner.client.stop_task(cluster=CLUSTER, task=arn)
    assert runner.client.list_tasks(cluster=CLUSTER, startedBy="job/1")["taskArns"] == []
    stopped = runner.client.list_tasks(cluster=CLUSTER, startedBy="job/1", desiredStatus="STOPPED")
    assert stopped["taskArns"] == [arn]


def test_a_look_does_not_change_what_it_looks_at(runner: Runner) -> None:
    arn = runner.start(LASTS)
    task = runner.until(arn, "RUNNING")
    assert [runner.task(arn) for _ in range(5)] == [task] * 5
    runner.client.stop_task(cluster=CLUSTER, task=arn)


def test_a_task_says_its_size_and_kind_of_machine(runner: Runner) -> None:
    definition = runner.define("")
    plain, bigger = (
        runner.client.run_task(**runner.request(definition, **more))["tasks"][0]
        for more in ({}, {"overrides": {"cpu": "1024", "memory": "4096"}})
    )
    assert (plain["cpu"], plain["memory"], plain["launchType"]) == ("512", "1024", "FARGATE")
    assert (bigger["cpu"], bigger["memory"]) == ("1024", "4096")
    assert [one["name"] for one in plain["attributes"]] == ["ecs.cpu-architecture"]


def test_a_task_of_a_capacity_provider_names_it(runner: Runner) -> None:
    request = runner.request(runner.define(""))
    del request["launchType"]
    spot: Any = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    (task,) = runner.client.run_task(**request, capacityProviderStrategy=spot)["tasks"]
    assert task["capacityProviderName"] == "FARGATE_SPOT"


def test_tags_are_told_to_whom_they_are_asked_for(runner: Runner) -> None:
    arn = runner.start("", request={"tags": [{"key": "vidsite:job", "value": "1"}]})
    assert "tags" not in runner.task(arn)
    (task,) = runner.client.describe_tasks(cluster=CLUSTER, tasks=[arn], include=["TAGS"])["tasks"]
    assert task["tags"] == [{"key": "vidsite:job", "value": "1"}]


def test_what_cannot_be_is_refused_in_ecs_own_words(runner: Runner) -> None:
    request = runner.request(runner.define(""))
    stranger = {"containerOverrides": [{"name": "stranger"}]}
    nowhere = {"awsvpcConfiguration": {"subnets": ["subnet-0"], "securityGroups": []}}
    for wrong, code in (
        ({"cluster": "no-such"}, "ClusterNotFoundException"),
        ({"taskDefinition": "no-such"}, "ClientException"),
        ({"overrides": stranger}, "InvalidParameterException"),
        ({"networkConfiguration": nowhere}, "InvalidSubnetID.NotFound"),
    ):
        with pytest.raises(ClientError) as refused:
            runner.client.run_task(**request | wrong)
        assert refused.value.response["Error"]["Code"] == code
    with pytest.raises(ClientError, match="referenced task was not found"):
        runner.client.stop_task(cluster=CLUSTER, task="no-such")


def test_who_does_not_know_the_key_runs_nothing(runner: Runner) -> None:
    address = runner.ecs.environment["AWS_ENDPOINT_URL_ECS"]
    call = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters"}
    for path in ("/", "/another-key", f"/{address.rpartition('/')[2]}er"):
        answer = httpx.post(f"{address.rpartition('/')[0]}{path}", headers=call, json={}, trust_env=False)
        assert answer.status_code == 403
