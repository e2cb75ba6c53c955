"""The life of one task, from RunTask to STOPPED."""

import logging
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, RLock, Thread

from vidsite.local_ecs import container
from vidsite.local_ecs.container import Command, Guard
from vidsite.local_ecs.documents import Document, now

logger = logging.getLogger(__name__)

SCRATCH = "local-ecs-task-"
"""How folders of tasks begin: those that a stand-in finds at its start were left behind, and are removed."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all tasks of a stand-in share. The seconds are shorter than ECS's own, which are half a minute or more."""

    work_dir: Path
    guard: Guard
    tell: Callable[[Document], None]
    """Is called with the whole document after every change."""
    provisioning_seconds: float
    pending_seconds: float


class Life(Thread):
    """Takes a task through ECS's states, each a newer version of its document, and runs its command.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
    """

    def __init__(self, document: Document, command: Callable[[str], Command], around: Surroundings) -> None:
        """`command` is given the folder in which the task may write."""
        super().__init__(name=document["taskArn"].rpartition("/")[2], daemon=True)
        self._document = document
        self._command = command
        self._around = around
        self._lock = RLock()
        self._told_to_stop = Event()

    @property
    def document(self) -> Document:
        """How the task is now."""
        with self._lock:
            return deepcopy(self._document)

    def stop(self, code: str, reason: str) -> None:
        """Let it end; who asks first says why."""
        with self._lock:
            if "stopCode" in self._document:
                return
            runs = self._document["lastStatus"] == "RUNNING"
            self._changes(
                lastStatus="STOPPING" if runs else self._document["lastStatus"],
                desiredStatus="STOPPED", stopCode=code, stoppedReason=reason, stoppingAt=now(),
            )  # fmt: skip
        self._told_to_stop.set()

    def run(self) -> None:
        self._around.tell(self.document)
        fate = self._live()
        self._changes({"lastStatus": "STOPPED", **fate}, lastStatus="DEPROVISIONING", executionStoppedAt=now())
        self._changes(lastStatus="STOPPED", stoppedAt=now())

    def _live(self) -> dict[str, object]:
        """Go as far as nobody stops it; return the fate of its container."""
        if self._told_to_stop.wait(self._around.provisioning_seconds):
            return {}
        self._changes(lastStatus="PENDING", pullStartedAt=now())
        if self._told_to_stop.wait(self._around.pending_seconds):
            return {}
        try:
            with TemporaryDirectory(dir=self._around.work_dir, prefix=SCRATCH, ignore_cleanup_errors=True) as scratch:
                command, guard = self._command(scratch), self._around.guard
                code = container.run(command, stop=self._told_to_stop, started=self._has_started, guard=guard)
        except OSError as error:
            self.stop("TaskFailedToStart", "Task failed to start")
            return {"reason": f"CannotStartContainerError: {error}"}
        self.stop("EssentialContainerExited", "Essential container in task exited")
        return {"exitCode": code}

    def _has_started(self) -> None:
        moment = now()
        self._changes({"lastStatus": "RUNNING"}, lastStatus="RUNNING", pullStoppedAt=moment, startedAt=moment)

    def _changes(self, its_container: Mapping[str, object] | None = None, **facts: object) -> None:
        with self._lock:
            self._document |= facts | {"version": self._document["version"] + 1}
            self._document["containers"][0] |= its_container or {}
            logger.info("Task %s is %s", self.name, self._document["lastStatus"])
            self._around.tell(self.document)
