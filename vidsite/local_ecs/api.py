"""What moto's ECS gets wrong, and the site relies on; all other operations are moto's own."""

import json
from functools import partial
from typing import Any, ClassVar, cast
from uuid import uuid4

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecs.exceptions import InvalidParameterException
from moto.ecs.models import Task
from moto.ecs.responses import DESCRIBE_TASKS_TAGS, EC2ContainerServiceResponse

from vidsite.local_ecs.documents import new_task
from vidsite.local_ecs.fleet import Fleet
from vidsite.local_ecs.life import Life, Surroundings
from vidsite.local_ecs.orders import command_of


class Conflict(ServiceException):
    """The token came with another request before."""

    code = "ConflictException"

    def __init__(self, arns: list[str]) -> None:
        super().__init__("The client token was used with other parameters.")
        self.resource_ids = arns


class LocalEcs(EC2ContainerServiceResponse):
    """Answers calls about tasks by what becomes of them on this machine.

    moto starts a new task whenever it is asked, knows no missing one, and lets each state last until the next look.
    """

    fleet: ClassVar[Fleet]
    around: ClassVar[Surroundings]
    has_role: ClassVar[bool]

    def run_task(self) -> ActionResult:
        """Start tasks; for a token that is known, answer with those that it started.

        https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html
        """
        token, request = self._get_param("clientToken") or uuid4().hex, json.dumps(dict(self.params), sort_keys=True)
        with self.fleet.asking:
            before, lives = self.fleet.started_by_token(token)
            if not lives:
                self._check_overrides()
                made = cast(dict[str, list[Task]], super().run_task().result)
                lives = [self._life_of(task) for task in made["tasks"]]
                self.fleet.start(lives, token=token, request=request)
            elif before != request:
                raise Conflict([life.document["taskArn"] for life in lives])
        return ActionResult({"tasks": [life.document for life in lives], "failures": []})

    def describe_tasks(self) -> ActionResult:
        """Tell how tasks are, and which are not known."""
        self._require_cluster()
        if "TAGS" in self._get_param("include", []):
            self._include_in_response(DESCRIBE_TASKS_TAGS)
        else:
            self._exclude_from_response(DESCRIBE_TASKS_TAGS)
        found = {asked: self.fleet.find(asked) for asked in self._get_param("tasks", [])}
        return ActionResult(
            {
                "tasks": [life.document for life in found.values() if life],
                "failures": [{"arn": asked, "reason": "MISSING"} for asked, life in found.items() if not life],
            }
        )

    def list_tasks(self) -> ActionResult:
        """List tasks by family and by who started them; those that are to run, unless the others are asked for."""
        wanted = self._get_param("desiredStatus", "RUNNING")
        tasks = self.ecs_backend.list_tasks(
            self._get_param("cluster", "default"),
            family=self._get_param("family"),
            started_by=self._get_param("startedBy"),
        )
        documents = [life.document for task in tasks if (life := self.fleet.find(task.task_arn))]
        return ActionResult({"taskArns": [one["taskArn"] for one in documents if one["desiredStatus"] == wanted]})

    def stop_task(self) -> ActionResult:
        """Let a task end."""
        self._require_cluster()
        life = self.fleet.find(self._get_param("task"))
        if life is None:
            raise InvalidParameterException("The referenced task was not found.")
        life.stop("UserInitiated", self._get_param("reason", "Task stopped by user"))
        return ActionResult({"task": life.document})

    def _life_of(self, task: Task) -> Life:
        definition = self.ecs_backend.describe_task_definition(task.task_definition_arn)
        container: dict[str, Any] = definition.container_definitions[0]
        overrides: list[dict[str, Any]] = task.overrides.get("containerOverrides", [])
        override = next((one for one in overrides if one["name"] == container["name"]), {})
        command = partial(command_of, container, override, has_role=self.has_role)
        return Life(new_task(task, definition), command, self.around)

    def _check_overrides(self) -> None:
        definition = self.ecs_backend.describe_task_definition(self._get_param("taskDefinition"))
        known = {container["name"] for container in definition.container_definitions}
        overrides = (self._get_param("overrides") or {}).get("containerOverrides", [])
        for name in [override["name"] for override in overrides if override["name"] not in known]:
            raise InvalidParameterException(
                f"Override for container named {name} is not a container in the TaskDefinition."
            )

    def _require_cluster(self) -> None:
        self.ecs_backend.list_tasks(self._get_param("cluster", "default"))
