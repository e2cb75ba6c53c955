"""What it means for an attempt that its task has stopped before the transcoder told how it ended."""

import re
from dataclasses import dataclass

from transcoding.ecs.tasks import TaskSeen
from transcoding.models import INTERRUPTED, START_FAILED

OUT_OF_MEMORY = "platform.out-of-memory"
LOST = "platform.worker-lost"
STOPPED_BY_HAND = "platform.task-stopped"

TAKEN_AWAY = frozenset({"SpotInterruption", "TerminationNotice", "InfrastructureHealth"})
NEVER_BEGAN = re.compile("CannotPull|CannotStart|CannotCreate|CannotInspect|ResourceInitialization")
KILLED = 137
"""128 + SIGKILL: what the kernel's memory killer leaves, among others."""
EXITS = {
    0: "it was done, but never said so",
    1: "it failed, but never said why",
    3: "it was told to stop",
    4: "it could not tell the site",
}
"""What the exit codes of transcoding.worker mean when no final report came before them."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The code and the operator's sentence with which an attempt ends."""

    code: str
    message: str


def of_task(task: TaskSeen, *, begun: bool) -> Ending:
    """Return how a stopped task ends its attempt; `begun` says that the transcoder had claimed it."""
    why = "; ".join(part for part in (task.stopped_reason, task.container_reason) if part) or "no reason given"
    if task.stop_code in TAKEN_AWAY:
        return Ending(INTERRUPTED, f"{task.stop_code}: {why}")
    if is_out_of_memory(task):
        return Ending(OUT_OF_MEMORY, f"The transcoder needed more than {task.memory_mib or '?'} MiB: {why}")
    if task.stop_code == "TaskFailedToStart" or NEVER_BEGAN.search(why):
        return Ending(START_FAILED, f"The task did not start: {why}")
    if task.stop_code == "UserInitiated":
        return Ending(STOPPED_BY_HAND, f"Somebody stopped the task: {why}")
    how = f"exit status {task.exit_code}" if task.exit_code is not None else "without exit status"
    meaning = EXITS.get(task.exit_code, why) if task.exit_code is not None else why
    if not begun:
        return Ending(START_FAILED, f"The transcoder ended before it began ({how}): {meaning}")
    return Ending(LOST, f"The transcoder ended without a final report ({how}): {meaning}")


def is_out_of_memory(task: TaskSeen) -> bool:
    """Say whether the container was killed for its memory: the exit code alone says only that it was killed."""
    return task.exit_code in {KILLED, None} and "OutOfMemory" in f"{task.container_reason} {task.stopped_reason}"
