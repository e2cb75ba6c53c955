"""Starts one ECS task per attempt, asks how tasks are, and stops them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings

from transcoding.ecs import silence
from transcoding.ecs.endings import OUT_OF_MEMORY
from transcoding.ecs.outcomes import ANSWER, Outcome, Refused, Started, Waits, is_unreachable, of_answer, of_error
from transcoding.ecs.request import run_task_request, started_by
from transcoding.ecs.sizes import bigger
from transcoding.ecs.tasks import TaskSeen, read_task
from transcoding.launch_errors import LaunchError, LaunchRefused
from transcoding.models import Attempt
from uploads.stores import aws

Result = TypeVar("Result")

TASKS_AT_ONCE = 100
"""Of a DescribeTasks call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How tasks are, and which ECS does not know."""

    seen: Sequence[TaskSeen]
    missing: Sequence[str]


class EcsLauncher:
    """Asks ECS. The call carries a token of the attempt, so that asking twice starts one task."""

    name = "ecs"

    def launch(self, attempt: Attempt) -> str:
        match self._run_task(attempt):
            case Started(arn):
                return arn
            case Waits(reason, waits_for):
                raise LaunchError(reason, waits_for=waits_for)
            case Refused(reason):
                raise LaunchRefused(reason)

    def find(self, attempt: Attempt) -> str:
        """Return the ARN of a task that was started for an attempt although no answer said so; "" for none."""
        listed = _ask(lambda: aws.ecs().list_tasks(cluster=settings.ECS_CLUSTER, startedBy=started_by(attempt)))
        return next(iter(listed["taskArns"]), "")

    def stop(self, attempt: Attempt, *, reason: str) -> None:
        """Stop an attempt's task, if there is one. Raises LaunchError when ECS cannot be asked."""
        arn = attempt.external_id or self.find(attempt)
        if arn:
            self.stop_task(arn, reason=reason)

    def stop_task(self, arn: str, *, reason: str) -> None:
        """Stop a task: SIGTERM, and SIGKILL after the task definition's stopTimeout."""
        _ask(lambda: aws.ecs().stop_task(cluster=settings.ECS_CLUSTER, task=arn, reason=reason[:255]))

    def look(self, arns: Sequence[str]) -> Look:
        """Return how some tasks are, a hundred at most. Raises LaunchError when ECS cannot be asked."""
        answer = _ask(lambda: aws.ecs().describe_tasks(cluster=settings.ECS_CLUSTER, tasks=arns))
        read = (read_task(task, container=settings.ECS_CONTAINER) for task in answer["tasks"])
        return Look(
            seen=[task for task in read if task is not None],
            missing=[one.get("arn", "") for one in answer["failures"] if one.get("reason") == "MISSING"],
        )

    def _run_task(self, attempt: Attempt) -> Outcome:
        request = run_task_request(attempt, size=_size(attempt))
        if silence.lasts():
            return Waits("ECS did not answer a moment ago", ANSWER)
        try:
            return of_answer(dict(aws.ecs().run_task(**request)))
        except aws.AwsError as error:
            _listen(error)
            return of_error(aws.error_code(error), aws.error_message(error), aws.error_facts(error))


def _size(attempt: Attempt) -> tuple[int, int] | None:
    """Return the machine for an attempt that follows one which had too little memory."""
    too_small = Attempt.objects.that_ended_with(attempt.job, OUT_OF_MEMORY).order_by("-number").first()
    return bigger(too_small.machine_cpu, too_small.machine_memory_mib) if too_small else None


def _ask(call: Callable[[], Result]) -> Result:
    if silence.lasts():
        raise LaunchError("ECS did not answer a moment ago", waits_for=ANSWER)
    try:
        return call()
    except aws.AwsError as error:
        _listen(error)
        raise LaunchError(f"{aws.error_code(error)}: {aws.error_message(error)}") from error


def _listen(error: Exception) -> None:
    if is_unreachable(aws.error_code(error)):
        silence.noticed()
