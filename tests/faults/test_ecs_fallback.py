"""ECS fails in each way it knows, on a whole site: the video completes by Celery, and its job says why.

The requests that complete uploads do not wait for it: in each case ECS answers RunTask only after they are answered.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from tests.e2e.conftest import ROOT, Site, run_site, script, short_clip
from tests.e2e.script import Script
from tests.environment import free_port
from tests.transcoding.ecs.cluster import Cluster, Refusal, running_cluster

__all__ = ["script", "short_clip"]  # fixtures

pytestmark = pytest.mark.e2e

PATIENCE = "8"
MINUTE = 60
STOPPED = 3
"""The exit status of a transcoder that finds its attempt taken."""
WRONG_SUBNET = (
    "Error retrieving subnet information for [subnet-9]: "
    "The subnet ID 'subnet-9' does not exist (ErrorCode: InvalidSubnetID.NotFound)"
)
WRONG_GROUP = (
    "Error retrieving security group information for [sg-9]: "
    "The security group 'sg-9' does not exist (ErrorCode: InvalidGroup.NotFound)"
)


@dataclass(frozen=True, kw_only=True)
class Told:
    """What the site's database holds of a video's only job."""

    attempts: list[tuple[int, str, str]]
    timeline: list[str]

    def waits(self) -> list[str]:
        return [line for line in self.timeline if line.startswith("waiting for ")]

    def fallbacks(self) -> list[str]:
        return [line for line in self.timeline if line.startswith("fell back to Celery: ")]


def told_of(site: Site, video_id: str) -> Told:
    attempts = """
        SELECT attempt.number, launcher, attempt.status FROM transcoding_attempt AS attempt
        JOIN transcoding_job AS job ON job.id = job_id WHERE video_id = ?
    """
    timeline = """
        SELECT reason FROM transcoding_jobevent AS event
        JOIN transcoding_job AS job ON job.id = job_id WHERE video_id = ? ORDER BY event.id
    """
    video = (video_id.replace("-", ""),)
    with closing(sqlite3.connect(f"file:{site.var_dir / 'vidsite.sqlite3'}?mode=ro", uri=True)) as database:
        reasons = database.execute(timeline, video).fetchall()
        return Told(attempts=database.execute(attempts, video).fetchall(), timeline=[reason for (reason,) in reasons])


@contextmanager
def site_asking(endpoint: str, var_dir: Path) -> Iterator[Site]:
    """Run a site whose clients find ECS at an address."""
    yield from run_site(
        var_dir, LAUNCHER="ecs", ECS_CLUSTER="films", ECS_TASK_DEFINITION="transcoder:7", ECS_REGION="eu-central-1",
        ECS_SUBNETS="subnet-9", ECS_SECURITY_GROUPS="sg-9", ECS_FALLBACK_SECONDS=PATIENCE,
        AWS_ENDPOINT_URL_ECS=endpoint, AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing",
        AWS_EC2_METADATA_DISABLED="true",
    )  # fmt: skip


@pytest.fixture(scope="module")
def port() -> int:
    """Where the cluster of a test answers."""
    return free_port()


@pytest.fixture(scope="module")
def site(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for those cases in which ECS answers: one that does not would be left alone in the next case too."""
    with site_asking(f"http://127.0.0.1:{port}", tmp_path_factory.mktemp("fallback")) as running:
        yield running


class Held:
    """Keeps back the answers of RunTask until the request that completes the upload has been answered."""

    def __init__(self, cluster: Cluster) -> None:
        self.answered, self.waits = Event(), list[bool]()
        cluster.meanwhile = lambda: self.waits.append(self.answered.wait(MINUTE))

    def upload(self, script: Script, clip: Path) -> str:
        video_id = script.upload(clip)
        self.answered.set()
        return video_id


def completed_by_celery(site: Site, script: Script, video_id: str) -> Told:
    """Wait for a video, and return what is told of it: one attempt, by Celery, which alone ran."""
    assert script.wait(video_id, seconds=180)["status"] == "COMPLETED"
    told = told_of(site, video_id)
    assert told.attempts == [(1, "celery", "SUCCEEDED")]
    assert len([line for line in told.timeline if line == "attempt 1 started"]) == 1
    return told


@pytest.mark.parametrize(
    ("answer", "waits_for"),
    [
        ("RESOURCE:CPU", "capacity"),
        ("Capacity is unavailable at this time. Please try again later", "capacity"),
        (Refusal("ThrottlingException", "Rate exceeded"), "ECS to take more calls"),
        (Refusal("ServerException", "Service Unavailable. Please try again later.", status=500), "an answer of ECS"),
    ],
    ids=["resources", "capacity", "throttling", "fault"],
)
def test_what_may_pass_is_waited_for_and_then_celery_has_the_video(
    port: int, site: Site, script: Script, short_clip: Path, *, answer: str | Refusal, waits_for: str
) -> None:
    with running_cluster(port) as cluster:
        if isinstance(answer, Refusal):
            cluster.faults["RunTask"] = [answer] * 100
            reason = f"{answer.code}: {answer.message}"
        else:
            cluster.failures = [{"reason": answer}]
            reason = answer
        held = Held(cluster)
        told = completed_by_celery(site, script, held.upload(script, short_clip))
    assert told.waits() == [f"waiting for {waits_for}: {reason}"]
    assert told.fallbacks() == [f"fell back to Celery: {reason}"]
    assert all(held.waits)
    assert cluster.tasks == {}


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal("InvalidParameterException", WRONG_SUBNET),
        Refusal("InvalidParameterException", WRONG_GROUP),
        Refusal("ClientException", "No subnet is available for the task's network interface."),
        Refusal("AccessDeniedException", "User: arn:aws:iam::1:user/site is not authorized to perform: ecs:RunTask"),
    ],
    ids=["subnet", "security-group", "client", "rights"],
)
def test_what_does_not_pass_gives_the_video_to_celery_at_once(
    port: int, site: Site, script: Script, short_clip: Path, refusal: Refusal
) -> None:
    with running_cluster(port) as cluster:
        cluster.faults["RunTask"] = [refusal] * 100
        held = Held(cluster)
        told = completed_by_celery(site, script, held.upload(script, short_clip))
    assert told.waits() == []
    assert told.fallbacks() == [f"fell back to Celery: {refusal.code}: {refusal.message}"[:200]]
    assert held.waits == [True]


@pytest.mark.parametrize("host", ["127.0.0.1", "ecs.invalid"])
def test_an_endpoint_that_is_not_to_be_reached_gives_the_video_to_celery(
    port: int, tmp_path: Path, short_clip: Path, host: str
) -> None:
    with site_asking(f"http://{host}:{port}", tmp_path) as site, Script(site.url) as script:
        told = completed_by_celery(site, script, script.upload(short_clip))
    error = f'EndpointConnectionError: Could not connect to the endpoint URL: "http://{host}:{port}/"'
    assert told.waits() == [f"waiting for an answer of ECS: {error}"]
    assert told.fallbacks() == [f"fell back to Celery: {error}"]


def test_a_task_that_starts_after_a_minutes_silence_finds_nothing_to_do(
    port: int, tmp_path: Path, short_clip: Path
) -> None:
    with (
        running_cluster(port) as cluster,
        site_asking(f"http://127.0.0.1:{port}", tmp_path) as site,
        Script(site.url) as script,
    ):
        fallen_back = Event()
        waits = list[bool]()
        cluster.meanwhile = lambda: waits.append(fallen_back.wait(MINUTE))
        video_id = script.upload(short_clip)
        assert waits == []
        told = completed_by_celery(site, script, video_id)
        fallen_back.set()
        assert told.fallbacks() == [
            f'fell back to Celery: ReadTimeoutError: Read timeout on endpoint URL: "http://127.0.0.1:{port}/"'
        ]
        # However often it was asked: one task, which now begins.
        (task,) = cluster.alive
        assert container_of(cluster, task).returncode == STOPPED
        assert told_of(site, video_id) == told


def container_of(cluster: Cluster, arn: str) -> "subprocess.CompletedProcess[str]":
    """Run the program of a task, as its container would, to its end."""
    request = next(body for body in cluster.called("RunTask") if body["startedBy"] == cluster.tasks[arn]["startedBy"])
    (container,) = request["overrides"]["containerOverrides"]
    environment = {"PATH": os.environ["PATH"], **{v["name"]: v["value"] for v in container["environment"]}}
    command = [sys.executable, "-m", "transcoding.worker"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
