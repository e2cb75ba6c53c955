"""A stand-in whose tasks run small programs, and who hears of them."""

import json
import sys
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from tests.local_ecs import QUICK, LocalEcs, local_ecs, new_environment, wait_until
from vidsite.local_ecs.names import CLUSTER, SECURITY_GROUP, SUBNET

NETWORK: Any = {"awsvpcConfiguration": {"subnets": [SUBNET], "securityGroups": [SECURITY_GROUP]}}
LASTS = "import time; time.sleep(600)"
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {LASTS}"


class Hook(ThreadingHTTPServer):
    """The site's door for events, which keeps them; the next answers can be set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _HookHandler)
        self.taken: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answers: list[int] = []

    def of(self, arn: str) -> list[dict[str, Any]]:
        """Return a task's states, as they were told."""
        return [event["detail"] for event in self.taken if event["resources"] == [arn]]


class _HookHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        hook = self.server
        assert isinstance(hook, Hook)
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = hook.answers.pop(0) if hook.answers else 200
        hook.keys.append(self.headers["X-Api-Key"])
        if status == 200:
            hook.taken.append(event)
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what matters is in `taken`."""


class Runner:
    """Starts tasks that run a Python program, and looks at them."""

    def __init__(self, ecs: LocalEcs, hook: Hook) -> None:
        self.ecs, self.hook, self.client = ecs, hook, ecs.client()

    def define(self, program: str, **more: Any) -> str:
        """Return a new task definition whose container runs the program."""
        container: Any = {
            "name": "transcoder", "image": "any", "memory": 512, "entryPoint": [sys.executable, "-c"],
            "command": [program], **more,
        }  # fmt: skip
        made = self.client.register_task_definition(
            family=f"family-{uuid4().hex}", containerDefinitions=[container], requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc", cpu="512", memory="1024",
        )  # fmt: skip
        return made["taskDefinition"]["taskDefinitionArn"]

    def request(self, definition: str, **more: Any) -> Any:
        """Return a RunTask request."""
        asked = {"cluster": CLUSTER, "taskDefinition": definition, "launchType": "FARGATE", "clientToken": uuid4().hex}
        return {**asked, "networkConfiguration": NETWORK, **more}

    def start(self, program: str, *, request: Mapping[str, Any] | None = None, **container: Any) -> str:
        """Start a task and return its ARN."""
        answer = self.client.run_task(**self.request(self.define(program, **container), **(request or {})))
        return answer["tasks"][0]["taskArn"]

    def task(self, arn: str) -> Any:
        """Return how a task is."""
        (found,) = self.client.describe_tasks(cluster=CLUSTER, tasks=[arn])["tasks"]
        return found

    def until(self, arn: str, status: str) -> Any:
        """Wait until it is in a state, and return how it is then."""
        wait_until(lambda: self.task(arn)["lastStatus"] == status, what=f"the task is {status}")
        return self.task(arn)


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    """Where the stand-in of this file of tests delivers its events."""
    with Hook() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, hook: Hook) -> Iterator[Runner]:
    """One stand-in for a file of tests; its environment holds a secret of the site."""
    environment = new_environment() | {"SECRET_KEY": "of the site", "AWS_SECRET_ACCESS_KEY": "of the machine"}
    events = ("--events-url", f"http://127.0.0.1:{hook.server_port}/")
    with local_ecs(environment, tmp_path_factory.mktemp("ecs"), *QUICK, *events) as ecs:
        yield Runner(ecs, hook)


@pytest.fixture
def scratch(runner: Runner) -> Path:
    """The folder in which tasks get theirs."""
    return runner.ecs.log_file.parent / "scratch"
