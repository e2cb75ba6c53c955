"""The RunTask request of an attempt. Nothing here asks anybody."""

import re
from typing import TYPE_CHECKING, cast

from django.conf import settings

from transcoding.models import Attempt
from transcoding.tokens import make_token

if TYPE_CHECKING:
    from mypy_boto3_ecs.literals import LaunchTypeType
    from mypy_boto3_ecs.type_defs import (
        CapacityProviderStrategyItemTypeDef,
        KeyValuePairTypeDef,
        NetworkConfigurationTypeDef,
        RunTaskRequestTypeDef,
        TaskOverrideTypeDef,
    )

PROVIDER = re.compile(r"([A-Za-z0-9_-]{1,255})(?::([0-9]{1,4}))?")
MAX_WEIGHT = 1000


def client_token(attempt: Attempt) -> str:
    """Return the name under which ECS starts one task, however often it is asked."""
    return f"{attempt.job_id.hex}-{attempt.number}"


def started_by(attempt: Attempt) -> str:
    """Return by what ListTasks finds an attempt's task, whose ARN may never have reached us."""
    return f"{attempt.job_id}/{attempt.number}"


def run_task_request(attempt: Attempt, *, size: tuple[int, int] | None = None) -> "RunTaskRequestTypeDef":
    """Return the request; `size` is CPU units and MiB where the task definition's are not enough."""
    request: RunTaskRequestTypeDef = {
        "cluster": settings.ECS_CLUSTER,
        "taskDefinition": settings.ECS_TASK_DEFINITION,
        "count": 1,
        "clientToken": client_token(attempt),
        "startedBy": started_by(attempt),
        "overrides": _overrides(attempt, size),
        "tags": [
            {"key": "vidsite:job", "value": str(attempt.job_id)},
            {"key": "vidsite:attempt", "value": str(attempt.number)},
            {"key": "vidsite:video", "value": str(attempt.job.video_id)},
        ],
    }
    if settings.ECS_CAPACITY_PROVIDERS:
        request["capacityProviderStrategy"] = capacity_providers(settings.ECS_CAPACITY_PROVIDERS)
    else:
        request["launchType"] = cast("LaunchTypeType", settings.ECS_LAUNCH_TYPE)
    if settings.ECS_SUBNETS:
        request["networkConfiguration"] = _network()
    return request


def capacity_providers(listed: list[str]) -> "list[CapacityProviderStrategyItemTypeDef]":
    """Read names with their weights. Raises ValueError for what is none.

    >>> capacity_providers(["FARGATE_SPOT:3", "FARGATE"])
    [{'capacityProvider': 'FARGATE_SPOT', 'weight': 3}, {'capacityProvider': 'FARGATE', 'weight': 1}]
    """
    strategy: list[CapacityProviderStrategyItemTypeDef] = []
    for one in listed:
        match = PROVIDER.fullmatch(one)
        if match is None or int(match[2] or 1) > MAX_WEIGHT:
            raise ValueError(one)
        strategy.append({"capacityProvider": match[1], "weight": int(match[2] or 1)})
    if strategy and not any(item["weight"] for item in strategy if "weight" in item):
        raise ValueError(", ".join(listed))
    return strategy


def _overrides(attempt: Attempt, size: tuple[int, int] | None) -> "TaskOverrideTypeDef":
    """Return what this task has of its own: no more than where to ask for the rest. 8192 characters at most."""
    environment = {
        "VIDSITE_START_URL": f"{settings.REPORT_URL}/api/jobs/{attempt.job_id}/start",
        "VIDSITE_TOKEN": make_token(attempt.job_id, attempt.number),
        "VIDSITE_JOB_ID": str(attempt.job_id),
        "VIDSITE_ATTEMPT": str(attempt.number),
    }
    variables: list[KeyValuePairTypeDef] = [{"name": name, "value": value} for name, value in environment.items()]
    overrides: TaskOverrideTypeDef = {
        "containerOverrides": [{"name": settings.ECS_CONTAINER, "environment": variables}]
    }
    if size:
        overrides["cpu"], overrides["memory"] = str(size[0]), str(size[1])
    return overrides


def _network() -> "NetworkConfigurationTypeDef":
    return {
        "awsvpcConfiguration": {
            "subnets": settings.ECS_SUBNETS,
            "securityGroups": settings.ECS_SECURITY_GROUPS,
            "assignPublicIp": "ENABLED" if settings.ECS_ASSIGN_PUBLIC_IP else "DISABLED",
        }
    }
