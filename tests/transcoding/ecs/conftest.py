"""A site that launches on ECS, and the cluster it asks."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import redis as redis_client
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.environment import REDIS_PORT
from tests.factories import launched, uploaded_video
from tests.transcoding.ecs.cluster import Cluster, running_cluster
from transcoding import tasks
from transcoding.ecs import silence
from transcoding.ecs.watching import look_after_machines
from transcoding.models import Attempt
from transcoding.sweeps import sweep_jobs
from uploads.stores import aws

SECRET = "known-to-EventBridge-alone"
Hints = Callable[[], list[dict[str, Any]]]
MEMORY = "OutOfMemoryError: Container killed due to memory usage"
Moves = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def configured(settings: Settings) -> None:
    """The settings of a site that launches on Fargate."""
    settings.LAUNCHER, settings.ECS_CLUSTER, settings.ECS_TASK_DEFINITION = "ecs", "films", "transcoder:7"
    settings.ECS_REGION = "eu-central-1"
    settings.ECS_SUBNETS, settings.ECS_SECURITY_GROUPS = ["subnet-1", "subnet-2"], ["sg-1"]
    settings.ECS_EVENT_SECRETS = [SECRET]
    settings.REPORT_URL = "https://videos.example.org"


@pytest.fixture
def cluster(redis: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The cluster, clients that ask it with little patience, and no hint that is still to be done."""
    with running_cluster() as server, redis_client.Redis(port=REDIS_PORT) as client:
        client.delete("default")
        monkeypatch.setenv("AWS_ENDPOINT_URL_ECS", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        monkeypatch.setattr(aws, "CONNECT_SECONDS", 1)
        monkeypatch.setattr(aws, "READ_SECONDS", 0.3)
        aws.forget_clients()
        silence.forget()
        yield server
    aws.forget_clients()
    silence.forget()


@pytest.fixture
def hints(redis: None) -> Iterator[Hints]:
    """What Celery was asked for: the messages in the transcoders' queue, which is empty at first."""
    with redis_client.Redis(port=REDIS_PORT) as client:
        client.delete("transcode")

        def read() -> list[dict[str, Any]]:
            raw: Any = client.lrange("transcode", 0, -1)
            return [json.loads(message) for message in raw]

        yield read


@pytest.fixture
def attempt(cluster: Cluster, alice: User) -> Attempt:
    """An attempt for which ECS has started a task."""
    return upload(alice)


def upload(owner: User, **facts: Any) -> Attempt:
    """Upload a video, let housekeeping ask for its machine, and return the attempt."""
    attempt = launched(uploaded_video(owner, **facts))
    do_hints()
    attempt.refresh_from_db()
    return attempt


def sweep(*, seconds: float = 0) -> None:
    """Let the sweep come so many seconds from now, and housekeeping do what it hints at."""
    sweep_jobs(now=timezone.now() + timedelta(seconds=seconds))
    do_hints()


def do_hints() -> None:
    """Do what the default queue asks for, as the housekeeping worker does."""
    with redis_client.Redis(port=REDIS_PORT) as client:
        while message := client.rpop("default"):
            envelope = json.loads(message)
            _, arguments, _ = json.loads(b64decode(envelope["body"]))
            getattr(tasks, envelope["headers"]["task"].removeprefix("transcoding.tasks."))(**arguments)


def lose_hints() -> int:
    """Lose what was hinted at, as a broker that starts again does, and return how many messages there were."""
    with redis_client.Redis(port=REDIS_PORT) as client:
        count = client.llen("default")
        client.delete("default")
        return int(count)


@pytest.fixture
def task(cluster: Cluster, attempt: Attempt) -> Moves:
    """Moves the attempt's task on, as ECS would."""

    def move(status: str, **facts: Any) -> dict[str, Any]:
        row = cluster.tasks[attempt.external_id]
        return row | {"lastStatus": status, "version": row["version"] + 1, **facts}

    def remember(status: str, **facts: Any) -> dict[str, Any]:
        cluster.tasks[attempt.external_id] = moved = move(status, **facts)
        return moved

    return remember


def killed(exit_code: int, reason: str = "") -> dict[str, Any]:
    containers = [{"name": "transcoder", "exitCode": exit_code, "reason": reason}]
    return {"stopCode": "EssentialContainerExited", "desiredStatus": "STOPPED", "containers": containers}


def look(*, seconds: float = 0) -> None:
    look_after_machines(now=timezone.now() + timedelta(seconds=seconds))
    do_hints()
