"""S3 events from an SQS queue: whatever was dealt with is deleted from it, the rest stays and is delivered again."""

import logging
import random
import time
from functools import partial
from typing import TYPE_CHECKING

from django.db import close_old_connections

from uploads.errors import UserError
from uploads.events.records import load, parse
from uploads.events.services import EventsFailed, NoAction, Transport, events_received
from uploads.events.stopping import StopRequest, stop_request
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import DeleteMessageBatchRequestEntryTypeDef, MessageTypeDef

BATCH = 10
POLL_SECONDS = 20
"""Both are the most that SQS takes."""
LAST_POLL_SECONDS = 1
"""Asked without waiting, SQS may overlook messages that are there."""
LONGEST_PAUSE_SECONDS = 60

logger = logging.getLogger(__name__)


class QueueUnreachable(Exception):
    """The queue did not answer, and we were not to wait for it."""


def consume(queue_url: str, *, once: bool) -> None:
    """Deal with the events of a queue until SIGINT or SIGTERM; with `once`, until it is empty.

    A queue that does not answer is asked again later; with `once` QueueUnreachable is raised.
    """
    failures = 0
    with stop_request() as stop:
        while True:
            try:
                found = _batch(queue_url, stop, seconds=LAST_POLL_SECONDS if once else POLL_SECONDS)
            except aws.AwsError as error:
                if once:
                    raise QueueUnreachable(f"{queue_url} does not answer: {error}") from error
                failures += 1
                pause = min(LONGEST_PAUSE_SECONDS, 2**failures) * random.uniform(0.5, 1)  # noqa: S311 — spreads load, guards nothing
                logger.warning("The queue of S3 events does not answer; asking again in %.0f s: %s", pause, error)
                stop.wait(partial(time.sleep, pause))
                continue
            failures = 0
            if once and not found:
                return


def _batch(queue_url: str, stop: StopRequest, *, seconds: int) -> int:
    """Wait for messages, deal with those that come, and return how many they were. Raises AwsError."""
    answer = stop.wait(
        lambda: aws.sqs().receive_message(QueueUrl=queue_url, MaxNumberOfMessages=BATCH, WaitTimeSeconds=seconds)
    )
    messages = answer.get("Messages", [])
    # The database may have been restarted since the last batch; in a web process Django looks to that.
    close_old_connections()
    done = [message for message in messages if _message_received(message)]
    if done:
        entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
            {"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(done)
        ]
        deleted = aws.sqs().delete_message_batch(QueueUrl=queue_url, Entries=entries)
        for failed in deleted.get("Failed", []):
            logger.warning("A message that was dealt with stays in the queue: %s", failed.get("Code"))
    return len(messages)


def _message_received(message: "MessageTypeDef") -> bool:
    """Deal with one message, and say whether it may go. One that may not ends in the dead-letter queue, if any."""
    name = message.get("MessageId", "")
    try:
        tally = events_received(parse(_document(message.get("Body", ""))), transport=Transport.SQS)
    except UserError as error:
        logger.warning("Message %s stays in the queue: %s: %s", name, error.code, error.message)
        return False
    except EventsFailed as error:
        logger.warning("Message %s stays in the queue: %s failed", name, error)
        return False
    if tally[NoAction.BAD]:
        logger.warning("Message %s stays in the queue: it holds records that are no S3 events", name)
        return False
    return True


def _document(body: str) -> object:
    """Return what a message carries. One from SNS is in an envelope, which the queue's own policy vouches for."""
    document = load(body)
    if isinstance(document, dict) and document.get("Type") == "Notification":
        inner = document.get("Message")
        return load(inner if isinstance(inner, str) else "")
    return document
