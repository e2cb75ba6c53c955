"""The stack, deployed: what is made, and that its outputs are enough to start a transcoder."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.conftest import REGION, Client
from tests.deploy.template import GIVEN, ROOT
from tests.uploads.events.queues import ACCOUNT

Deployed = Callable[..., dict[str, Any]]

AWS = """\
#!{python}
import os, sys, boto3, jmespath
options = dict(zip(sys.argv[3::2], sys.argv[4::2]))
assert sys.argv[1:3] == ["cloudformation", "describe-stacks"] and options["--output"] == "text"
answer = boto3.client("cloudformation").describe_stacks(StackName=options["--stack-name"])
print(*jmespath.search(options["--query"], answer), sep="\\t")
"""
"""What the command uses of the AWS CLI, which cannot live in one virtualenv with the site's boto3."""


def environment_of(stack: dict[str, Any]) -> dict[str, str]:
    return {one["Description"]: one["OutputValue"] for one in stack["Outputs"] if one["OutputKey"].startswith("Env")}


def test_a_task_starts_with_what_the_outputs_say(amazon: Client, stack: dict[str, Any]) -> None:
    env = environment_of(stack)
    answer = amazon("ecs").run_task(
        cluster=env["ECS_CLUSTER"],
        taskDefinition=env["ECS_TASK_DEFINITION"],
        capacityProviderStrategy=[{"capacityProvider": env["ECS_CAPACITY_PROVIDERS"].split(":")[0], "weight": 1}],
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": env["ECS_SUBNETS"].split(","),
                "securityGroups": env["ECS_SECURITY_GROUPS"].split(","),
                "assignPublicIp": "ENABLED" if env["ECS_ASSIGN_PUBLIC_IP"] == "true" else "DISABLED",
            }
        },
        overrides={"containerOverrides": [{"name": env["ECS_CONTAINER"], "environment": []}]},
    )
    (task,) = answer["tasks"]
    assert [container["name"] for container in task["containers"]] == [env["ECS_CONTAINER"]]


def test_the_container_named_to_the_site_is_that_of_the_task_definition(amazon: Client, stack: dict[str, Any]) -> None:
    env = environment_of(stack)
    task = amazon("ecs").describe_task_definition(taskDefinition=env["ECS_TASK_DEFINITION"])["taskDefinition"]
    (container,) = task["containerDefinitions"]
    assert container["name"] == env["ECS_CONTAINER"]
    assert container["readonlyRootFilesystem"] is True
    assert container["stopTimeout"] == 120
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert container["image"] == f"{outputs['RepositoryUri']}:1"


def test_the_bucket_is_there_under_the_name_told_to_the_site(amazon: Client, stack: dict[str, Any]) -> None:
    amazon("s3").head_bucket(Bucket=environment_of(stack)["S3_BUCKET"])


@pytest.mark.usefixtures("stack")
def test_eventbridge_tells_each_of_the_sites_addresses_what_it_is_for(amazon: Client) -> None:
    events = amazon("events")
    addresses = {
        one["ApiDestinationArn"]: one["InvocationEndpoint"]
        for one in events.list_api_destinations()["ApiDestinations"]
    }
    told = {
        (json.loads(rule["EventPattern"])["source"][0], addresses[target["Arn"]])
        for rule in events.list_rules()["Rules"]
        for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
    }
    assert told == {
        ("aws.s3", "https://video.example.org/hooks/s3/"),
        ("aws.ecs", "https://video.example.org/hooks/ecs/"),
    }


@pytest.mark.parametrize("site", ["ec2", "ecs"])
def test_the_stack_deploys_with_every_choice_turned_over(deployed: Deployed, site: str) -> None:
    stack = deployed(
        ObjectEvents="sns", SubscribeSite="yes", SiteRunsOn=site, BucketVersions="yes", AssignPublicIp="no",
        Capacity="FARGATE_SPOT", TranscoderImage="public.example/vidsite:1", Architecture="ARM64", ReportPort="8443",
        MoreOrigins="https://a.example,https://b.example",
    )  # fmt: skip
    env = environment_of(stack)
    assert env["S3_EVENTS"] == "sns"
    assert env["S3_EVENT_TOPIC_ARNS"].endswith(f":vidsite-{stack['StackName']}-example-org")
    assert env["ECS_ASSIGN_PUBLIC_IP"] == "false"
    assert env["ECS_CAPACITY_PROVIDERS"] == "FARGATE_SPOT:1"
    keys = {one["OutputKey"] for one in stack["Outputs"]}
    assert "SiteRoleArn" in keys
    assert ("SiteProfileName" in keys) is (site == "ec2")
    assert "RepositoryUri" not in keys


def test_the_outputs_become_lines_that_the_site_reads_as_its_settings(
    amazon: Client, stack: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = tmp_path / "aws"
    aws.write_text(AWS.format(python=sys.executable))
    aws.chmod(0o755)
    environment = {
        **ACCOUNT, "PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": amazon("sqs").meta.endpoint_url,
    }  # fmt: skip
    command = [ROOT / "deploy" / "aws" / "outputs-to-env", stack["StackName"]]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    assert dict(line.split("=", 1) for line in lines) == environment_of(stack)
    assert GIVEN["EventSecret"] not in "".join(lines)

    monkeypatch.setattr("environs.Env.read_env", lambda *args, **kwargs: True)
    for name in [name for name in os.environ if name.startswith(("S3_", "ECS_"))]:
        monkeypatch.delenv(name)
    for name, value in (line.split("=", 1) for line in lines):
        monkeypatch.setenv(name, value)
    settings = runpy.run_path(str(ROOT / "vidsite" / "settings.py"))
    assert (settings["STORE"], settings["LAUNCHER"], settings["S3_EVENTS"]) == ("s3", "ecs", "eventbridge")
    assert settings["ECS_SUBNETS"] == environment_of(stack)["ECS_SUBNETS"].split(",")
    assert settings["ECS_ASSIGN_PUBLIC_IP"] is True


def test_a_stack_that_is_not_complete_makes_no_settings(tmp_path: Path) -> None:
    aws = tmp_path / "aws"
    aws.write_text("#!/bin/sh\necho None\n")  # as the AWS CLI writes nothing
    aws.chmod(0o755)
    command = [str(ROOT / "deploy" / "aws" / "outputs-to-env"), "vidsite"]
    env = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    said = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (said.stdout, said.returncode) == ("", 1)
    assert "wait until it is complete" in said.stderr


def test_the_command_asks_for_the_name_of_the_stack() -> None:
    said = subprocess.run([ROOT / "deploy" / "aws" / "outputs-to-env"], capture_output=True, text=True, check=False)
    assert said.returncode != 0
    assert "name the stack" in said.stderr
