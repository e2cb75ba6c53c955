"""A task as ECS tells of it, for DescribeTasks and events alike, with datetimes for times."""

import json
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.ecs.models import Task, TaskDefinition

Document = dict[str, Any]

ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


def now() -> datetime:
    return datetime.now(UTC)


def new_task(task: Task, definition: TaskDefinition) -> Document:
    """Return what is known of a task when RunTask answers."""
    container = definition.container_definitions[0]
    known = {
        "taskArn": task.task_arn,
        "clusterArn": task.cluster_arn,
        "taskDefinitionArn": task.task_definition_arn,
        "group": task.group,
        "startedBy": task.started_by,
        "launchType": "FARGATE",
        "capacityProviderName": task.capacity_provider_name,
        "cpu": task.overrides.get("cpu") or definition.cpu,
        "memory": task.overrides.get("memory") or definition.memory,
        "attributes": [{"name": "ecs.cpu-architecture", "value": ARCHITECTURE}],
        "attachments": task.attachments,
        "overrides": task.overrides,
        "tags": task.tags,
        "createdAt": now(),
        "desiredStatus": "RUNNING",
        "lastStatus": "PROVISIONING",
        "version": 1,
        "containers": [
            {
                "containerArn": f"{task.task_arn.replace(':task/', ':container/')}/{uuid4()}",
                "taskArn": task.task_arn,
                "name": container["name"],
                "image": container["image"],
                "lastStatus": "PENDING",
            }
        ],
    }
    return {name: value for name, value in known.items() if value is not None}


def state_change(task: Mapping[str, Any]) -> str:
    """Return EventBridge's event of a task's state, as JSON.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_task_events.html
    """
    _, _, _, region, account, _ = task["taskArn"].split(":", 5)
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": account,
        "time": now(),
        "region": region,
        "resources": [task["taskArn"]],
        "detail": {**task, "updatedAt": now()},
    }
    return json.dumps(event, default=lambda time: time.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
