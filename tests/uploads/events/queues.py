"""A server that speaks SQS, and the command that takes events from it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.e2e.conftest import ROOT
from tests.uploads.events.bodies import BUCKET

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

ACCOUNT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_EC2_METADATA_DISABLED": "true"}


def put(client: "SQSClient", queue_url: str, *bodies: Any) -> None:
    """Send messages; what is no text is written as JSON."""
    for body in bodies:
        client.send_message(QueueUrl=queue_url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def left(client: "SQSClient", queue_url: str) -> int:
    """Return how many messages a queue holds, whether they wait or were given out."""
    names: list[Any] = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = client.get_queue_attributes(QueueUrl=queue_url, AttributeNames=names)
    return sum(int(number) for number in answer["Attributes"].values())


@contextmanager
def running_command(
    queue_url: str, endpoint: str, folder: Path, *, database_url: str = ""
) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run the command on a site of its own, without a single video; yield its process and its log."""
    environment = {
        **os.environ, **ACCOUNT, "AWS_ENDPOINT_URL_SQS": endpoint, "S3_BUCKET": BUCKET,
        "S3_EVENT_QUEUE_URL": queue_url, "VAR_DIR": str(folder),
        "DATABASE_URL": database_url or f"sqlite:///{folder / 'rows'}",
    }  # fmt: skip
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v", "0"], cwd=ROOT, env=environment, check=True)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([*manage, "s3_events"], cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            yield process, log
        finally:
            process.kill()
            process.wait()


def wait_until(said: str, log: Path) -> None:
    """Wait until the command has said something."""
    for _ in range(300):
        if said in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"it never said {said!r}: {log.read_text()}")
