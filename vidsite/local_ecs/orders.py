"""What the container of a task is to run, and with which environment. Nothing here asks anybody."""

import os
from collections.abc import Mapping
from typing import Any

from transcoding.worker_process import AWS_CHAIN
from vidsite.local_ecs.container import Command

STOP_SECONDS = 30
"""ECS's own default."""
ROLE = (*AWS_CHAIN, "AWS_CA_BUNDLE")
"""What stands for a task's role here: where the AWS SDK finds this machine's own credentials."""


def command_of(container: Mapping[str, Any], override: Mapping[str, Any], scratch: str, *, has_role: bool) -> Command:
    """Return the command of a container definition with a RunTask call's override of it.

    Of this machine's environment it gets where programs are, and with `has_role` the AWS credentials: what the
    site that started the stand-in knows is none of its business.
    """
    argv = [*container.get("entryPoint", []), *(override.get("command") or container.get("command") or [])]
    return Command(
        argv=argv,
        environment=_of_image(scratch) | (_of_role() if has_role else {}) | _listed(container) | _listed(override),
        folder=container.get("workingDirectory"),
        stop_seconds=container.get("stopTimeout", STOP_SECONDS),
    )


def _of_image(scratch: str) -> dict[str, str]:
    """What deploy/transcoder.Dockerfile sets, and what any image has."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": scratch,
        "TMPDIR": scratch,
        "VIDSITE_WORK_DIR": scratch,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _of_role() -> dict[str, str]:
    return {name: os.environ[name] for name in ROLE if name in os.environ}


def _listed(holder: Mapping[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in holder.get("environment") or []}
