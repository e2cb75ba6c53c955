"""A cluster that speaks ECS's own protocol over HTTP: tasks are rows in it, and it fails as it is told."""

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connections

ARN = "arn:aws:ecs:eu-central-1:123456789012:task/films"


@dataclass(frozen=True)
class Refusal(Exception):
    """An error as ECS words it."""

    code: str
    message: str = ""
    status: int = 400
    facts: dict[str, Any] = field(default_factory=dict)


class LostAnswer(Exception):
    """The call is done, and the connection ends before the answer."""


class Silence(Exception):
    """No answer until the cluster is closed."""


class Cluster(ThreadingHTTPServer):
    """Starts, lists, describes and stops tasks; a client token names one task for good."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.clusters = {"films", "more-films", "gone"}
        self.denied: set[str] = set()
        """Clusters for which the site has no rights."""
        self.is_hollow = False
        """Whether it does nothing, and answers 200 with nothing in it, as something else in ECS's place."""
        self.tasks: dict[str, dict[str, Any]] = {}
        self.by_token: dict[str, tuple[str, str]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: dict[str, list[Exception]] = defaultdict(list)
        """For each operation, what goes wrong with its next calls."""
        self.failures: list[dict[str, str]] = []
        """What an answer of RunTask holds instead of a task, while there are any."""
        self.meanwhile: Callable[[], object] | None = None
        """What happens between a RunTask call and its answer."""
        self.closing = threading.Event()
        self.lock = threading.Lock()

    def called(self, operation: str) -> list[dict[str, Any]]:
        return [body for name, body in self.calls if name == operation]

    @property
    def alive(self) -> list[str]:
        """The tasks that run or will."""
        return [arn for arn, task in self.tasks.items() if task["desiredStatus"] == "RUNNING"]

    def forget(self) -> None:
        """Be as new."""
        for memory in (self.tasks, self.by_token, self.faults):
            memory.clear()
        self.failures = []

    def run_task(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.failures:
            return {"tasks": [], "failures": [self.failures[0]]}
        token, wanted = body["clientToken"], json.dumps(body, sort_keys=True)
        if token not in self.by_token:
            arn = f"{ARN}/{len(self.tasks) + 1:032x}"
            self.by_token[token] = (wanted, arn)
            self.tasks[arn] = {
                "taskArn": arn, "startedBy": body["startedBy"], "lastStatus": "PROVISIONING",
                "desiredStatus": "RUNNING", "version": 1, "cpu": "1024", "memory": "2048",
                "containers": [{"name": "transcoder", "lastStatus": "PENDING"}],
            }  # fmt: skip
        known, arn = self.by_token[token]
        if known != wanted:
            raise Refusal("ConflictException", "The token is in use.", facts={"resourceIds": [arn]})
        return {"tasks": [self.tasks[arn]], "failures": []}

    def list_tasks(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"taskArns": [arn for arn in self.alive if self.tasks[arn]["startedBy"] == body["startedBy"]]}

    def describe_tasks(self, body: dict[str, Any]) -> dict[str, Any]:
        assert len(body["tasks"]) <= 100
        for arn in body["tasks"]:
            self.check_cluster(arn, body["cluster"])
        missing = [{"arn": arn, "reason": "MISSING"} for arn in body["tasks"] if arn not in self.tasks]
        return {"tasks": [self.tasks[arn] for arn in body["tasks"] if arn in self.tasks], "failures": missing}

    def stop_task(self, body: dict[str, Any]) -> dict[str, Any]:
        self.check_cluster(body["task"], body["cluster"])
        if body["task"] not in self.tasks:
            raise Refusal("InvalidParameterException", "The referenced task was not found.")
        task = self.tasks[body["task"]]
        task |= {"desiredStatus": "STOPPED", "version": task["version"] + 1}
        return {"task": task}

    def check_cluster(self, arn: str, cluster: str) -> None:
        """Refuse a call that names no cluster of ours, one that is denied, or another than a task's."""
        if cluster in self.denied:
            raise Refusal("AccessDeniedException", "not authorized to perform this on the resource")
        if cluster not in self.clusters:
            raise Refusal("ClusterNotFoundException", "Cluster not found.")
        if (own := arn.split("/")[1]) != cluster:
            message = f"Invalid identifier: Identifier is for cluster {own}. Your cluster is {cluster}"
            raise Refusal("InvalidParameterException", message)

    def answer(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.calls.append((operation, body))
            fault = self.faults[operation].pop(0) if self.faults[operation] else None
            name = {"RunTask": "run_task", "ListTasks": "list_tasks", "StopTask": "stop_task"}
            done: dict[str, Any] = {}
            if not self.is_hollow and (fault is None or isinstance(fault, LostAnswer)):
                done = getattr(self, name.get(operation, "describe_tasks"))(body)
        if operation == "RunTask" and self.meanwhile:
            self.meanwhile()
            # Of this thread, which ends with the answer.
            connections.close_all()
        if fault:
            raise fault
        return done

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that went in the middle: the tests send such."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = self.server
        assert isinstance(server, Cluster)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            status, answer = 200, server.answer(self.headers["X-Amz-Target"].rpartition(".")[2], body)
        except Refusal as refusal:
            status, answer = refusal.status, {"__type": refusal.code, "message": refusal.message, **refusal.facts}
        except LostAnswer:
            return
        except Silence:
            server.closing.wait()
            return
        content = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in (("Content-Length", str(len(content))), ("Content-Type", "application/x-amz-json-1.1")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what matters is in `calls`."""


@contextmanager
def running_cluster(port: int = 0) -> Iterator[Cluster]:
    """Run a cluster on a port of 127.0.0.1, any by default."""
    with Cluster(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
            thread.join()
