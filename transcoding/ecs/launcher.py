"""Starts one ECS task per attempt, asks how tasks are, and stops them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings

from transcoding.ecs import silence
from transcoding.ecs.endings import OUT_OF_MEMORY
from transcoding.ecs.outcomes import ANSWER, Outcome, Refused, Started, Waits, is_unreachable, of_answer, of_error
from transcoding.ecs.request import run_task_request, started_by
from transcoding.ecs.sizes import bigger
from transcoding.ecs.tasks import TaskSeen, read_task
from transcoding.launch_errors import LaunchError, LaunchRefused
from transcoding.machines import MISSING
from transcoding.models import Attempt
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import FailureTypeDef, TaskTypeDef

Result = TypeVar("Result")

TASKS_AT_ONCE = 100
"""Of a DescribeTasks call."""
FAILURES = (*aws.AwsError, ValueError, OSError)
"""What a call raises: a ValueError for settings that the SDK cannot use, such as an endpoint without https://, an
OSError for credentials that it cannot read, such as a token's file that is not there."""


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
        # What answers in ECS's place, such as a proxy, may answer 200 and hold nothing of this.
        return next(iter(listed.get("taskArns", [])), "")

    def stop(self, attempt: Attempt, *, reason: str) -> None:
        """Stop an attempt's task, if there is one. Raises LaunchError when ECS cannot be asked."""
        arn = attempt.external_id or self.find(attempt)
        if arn:
            self.stop_task(arn, reason=reason)

    def stop_task(self, arn: str, *, reason: str) -> None:
        """Stop a task: SIGTERM, and SIGKILL after the task definition's stopTimeout."""
        _ask(lambda: aws.ecs().stop_task(cluster=cluster_of(arn), task=arn, reason=reason[:255]))

    def look(self, arns: Sequence[str]) -> Look:
        """Return how some tasks of one cluster are, a hundred at most. Raises LaunchError when ECS cannot be asked."""
        tasks, failures = _ask(lambda: _describe(cluster_of(arns[0]), arns))
        read = (read_task(task, container=settings.ECS_CONTAINER) for task in tasks)
        return Look(
            seen=[task for task in read if task is not None],
            missing=[one.get("arn", "") for one in failures if one.get("reason") == MISSING],
        )

    def _run_task(self, attempt: Attempt) -> Outcome:
        if error_of_late := silence.lasting():
            return Waits(error_of_late, ANSWER)
        try:
            request = run_task_request(attempt, size=_size(attempt))
            return of_answer(dict(aws.ecs().run_task(**request)))
        except FAILURES as error:
            _listen(error)
            return of_error(aws.error_code(error), aws.error_message(error), aws.error_facts(error))


def _size(attempt: Attempt) -> tuple[int, int] | None:
    """Return the machine for an attempt that follows one which had too little memory."""
    too_small = Attempt.objects.that_ended_with(attempt.job, OUT_OF_MEMORY).order_by("-number").first()
    return bigger(too_small.machine_cpu, too_small.machine_memory_mib) if too_small else None


def _ask(call: Callable[[], Result]) -> Result:
    if error_of_late := silence.lasting():
        raise LaunchError(error_of_late, waits_for=ANSWER)
    try:
        return call()
    except FAILURES as error:
        _listen(error)
        raise LaunchError(_said(error)) from error


def _describe(cluster: str, arns: Sequence[str]) -> "tuple[Sequence[TaskTypeDef], Sequence[FailureTypeDef]]":
    try:
        answer = aws.ecs().describe_tasks(cluster=cluster, tasks=arns)
    except aws.AwsError as error:
        if aws.error_code(error) != "ClusterNotFoundException":
            raise
        # Only a cluster without tasks can be deleted.
        return [], [{"arn": arn, "reason": MISSING} for arn in arns]
    return answer.get("tasks", []), answer.get("failures", [])


def _listen(error: Exception) -> None:
    if is_unreachable(aws.error_code(error)):
        silence.noticed(_said(error))


def _said(error: Exception) -> str:
    return f"{aws.error_code(error)}: {aws.error_message(error)}"


def cluster_of(arn: str) -> str:
    """Return the cluster of a task (…:task/cluster/id), which need not be that of the settings any more."""
    return arn.rpartition(":task/")[2].rpartition("/")[0] or settings.ECS_CLUSTER
