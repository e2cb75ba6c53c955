"""Events from an SQS queue: taken, deleted, or left there to come again."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from tests.environment import free_port
from tests.moto_server import moto_server
from tests.uploads.browsing import local_store
from tests.uploads.events.bodies import arrived, eventbridge, record, s3, tallies
from tests.uploads.events.queues import left, put, running_command, wait_until
from tests.uploads.events.signing import Signer
from transcoding.models import Job
from uploads.events import queue as consumer
from uploads.events import services
from uploads.events.services import Transport
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

pytestmark = pytest.mark.django_db(transaction=True)

STRAY = "sources/00000000-0000-4000-8000-000000000000/source"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where SQS is."""
    port = free_port()
    with moto_server(port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def sqs(endpoint: str, monkeypatch: pytest.MonkeyPatch, own_aws_clients: None) -> Iterator["SQSClient"]:
    """A client of this test's SQS; the site uses the same."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", endpoint)
    client = aws.sqs()
    yield client
    client.close()


@pytest.fixture
def queue(sqs: "SQSClient", settings: Settings) -> Iterator[str]:
    """An empty queue, which the site is told of."""
    url = sqs.create_queue(QueueName=f"events-{time.monotonic_ns()}")["QueueUrl"]
    settings.S3_EVENT_QUEUE_URL = url
    yield url
    sqs.delete_queue(QueueUrl=url)


def take() -> None:
    call_command("s3_events", once=True)


@pytest.mark.usefixtures("redis")
@pytest.mark.parametrize("carrier", ["s3", "eventbridge", "sns"])
def test_an_event_in_the_queue_starts_the_job_and_is_deleted(
    alices: Client, sqs: "SQSClient", queue: str, signer: Signer, carrier: str
) -> None:
    _, key, etag = arrived(alices)
    bodies = {"s3": s3(key, etag), "eventbridge": eventbridge(key, etag), "sns": signer.notification(s3(key, etag))}
    put(sqs, queue, bodies[carrier])
    take()
    assert Job.objects.count() == 1
    assert tallies() == {("sqs", "taken"): 1}
    assert left(sqs, queue) == 0


def test_more_messages_than_fit_one_batch_are_all_taken(sqs: "SQSClient", queue: str) -> None:
    put(sqs, queue, *[s3(STRAY)] * 23)
    take()
    assert tallies() == {("sqs", "unknown"): 23}
    assert left(sqs, queue) == 0


def test_a_database_connection_that_died_since_the_last_batch_is_made_anew(sqs: "SQSClient", queue: str) -> None:
    put(sqs, queue, s3(STRAY))
    take()
    assert tallies() == {("sqs", "unknown"): 1}
    connection.connection.close()  # Django is not told
    put(sqs, queue, s3(STRAY))
    take()
    assert tallies() == {("sqs", "unknown"): 2}
    assert left(sqs, queue) == 0


def test_the_queue_may_be_named_on_the_command_line(sqs: "SQSClient", queue: str, settings: Settings) -> None:
    settings.S3_EVENT_QUEUE_URL = ""
    put(sqs, queue, s3(STRAY))
    call_command("s3_events", "--once", "--queue-url", queue)
    assert left(sqs, queue) == 0


def test_without_a_queue_the_command_says_what_to_set(settings: Settings) -> None:
    settings.S3_EVENT_QUEUE_URL = ""
    with pytest.raises(CommandError, match="set S3_EVENT_QUEUE_URL, or give --queue-url"):
        call_command("s3_events")


def test_what_cannot_be_read_stays_for_the_dead_letter_queue_and_hinders_nothing(
    sqs: "SQSClient", queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = ["not JSON", "[" * 100_000, {"hello": 1}, {"Type": "Notification", "Message": 5}, {"Records": [{}]}]
    put(sqs, queue, *bad, s3(STRAY))
    take()
    assert left(sqs, queue) == len(bad)
    assert tallies()[("sqs", "unknown")] == 1
    assert caplog.text.count("stays in the queue") == len(bad)


def test_what_was_given_up_too_often_goes_to_the_dead_letter_queue(sqs: "SQSClient", queue: str) -> None:
    dead = sqs.create_queue(QueueName=f"dead-{time.monotonic_ns()}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": "2"}}'
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})
    put(sqs, queue, "not JSON")
    take()
    assert (left(sqs, queue), left(sqs, dead)) == (0, 1)


@pytest.mark.usefixtures("redis")
def test_what_the_store_failed_is_taken_when_it_comes_again(alices: Client, sqs: "SQSClient", queue: str) -> None:
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "3"})
    _, key, etag = arrived(alices)
    source = local_store().object_path(key).with_name("source.etag")
    source.unlink()
    source.mkdir()  # the disk fails
    put(sqs, queue, {"Records": [record(STRAY), record(key, etag=etag)]})
    take()
    assert (Job.objects.count(), left(sqs, queue)) == (0, 1)
    source.rmdir()
    source.write_text(etag)
    time.sleep(3)
    take()
    assert (Job.objects.count(), left(sqs, queue)) == (1, 0)


def test_an_empty_queue_is_no_error(queue: str) -> None:
    take()
    assert not tallies()


def test_looking_once_at_a_queue_that_is_not_there_is_an_error(sqs: "SQSClient", queue: str) -> None:
    with pytest.raises(CommandError, match="does not answer"):
        call_command("s3_events", "--once", "--queue-url", f"{queue}-not")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_while_it_waits_for_messages_it_ends_at_once(
    sqs: "SQSClient", queue: str, endpoint: str, tmp_path: Path, number: int
) -> None:
    put(sqs, queue, "not JSON")
    with running_command(queue, endpoint, tmp_path) as (process, log):
        wait_until("stays in the queue", log)  # it waits for the next one now, for 20 s
        time.sleep(0.5)
        process.send_signal(number)
        assert process.wait(5) == 0
        assert "Traceback" not in log.read_text()


@pytest.mark.usefixtures("own_aws_clients")
def test_a_queue_that_does_not_answer_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", endpoint)
    with running_command(f"{endpoint}/123456789012/events", endpoint, tmp_path) as (process, log):
        wait_until("asking again", log)
        with moto_server(port):
            client = aws.sqs()
            put(client, client.create_queue(QueueName="events")["QueueUrl"], "not JSON")
            wait_until("stays in the queue", log)
            client.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == 0


def test_asked_to_stop_in_the_middle_of_a_batch_it_finishes_the_batch(
    sqs: "SQSClient", queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The signal comes to this process, from within the work on the first of three messages."""
    put(sqs, queue, *[s3(STRAY)] * 3)
    received, taken = services.events_received, list[object]()

    def stop_then_receive(records: list[object], **way: Transport) -> object:
        if not taken:
            signal.raise_signal(signal.SIGTERM)
        taken.append(records)
        return received(records, **way)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(consumer, "events_received", stop_then_receive)
    before = signal.getsignal(signal.SIGTERM)
    consumer.consume(queue, once=False)
    assert len(taken) == 3
    assert left(sqs, queue) == 0
    assert signal.getsignal(signal.SIGTERM) is before
