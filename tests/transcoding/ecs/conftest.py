"""A site that launches on ECS, and the cluster it asks."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis as redis_client
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from tests.environment import REDIS_PORT
from tests.factories import launched, uploaded_video
from tests.transcoding.ecs.cluster import Cluster, running_cluster
from transcoding.ecs import silence
from transcoding.models import Attempt
from uploads.stores import aws

SECRET = "known-to-EventBridge-alone"
Hints = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def configured(settings: Settings) -> None:
    """The settings of a site that launches on Fargate."""
    settings.LAUNCHER, settings.ECS_CLUSTER, settings.ECS_TASK_DEFINITION = "ecs", "films", "transcoder:7"
    settings.ECS_REGION = "eu-central-1"
    settings.ECS_SUBNETS, settings.ECS_SECURITY_GROUPS = ["subnet-1", "subnet-2"], ["sg-1"]
    settings.ECS_EVENT_SECRETS = [SECRET]
    settings.REPORT_URL = "https://videos.example.org"


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """The cluster, and clients that ask it with little patience."""
    with running_cluster() as server:
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
    return launched(uploaded_video(alice))
