"""What is done about S3 events, whichever way they came."""

import logging
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F
from django.utils import timezone

from uploads import keys
from uploads.arrivals import Outcome, object_created
from uploads.events.records import TEST_EVENT, BadRecord, ObjectEvent
from uploads.models import EventTally, NoticedBy

logger = logging.getLogger(__name__)


class Transport(StrEnum):
    """Which way an event came; each is known by its own credential."""

    FORWARD = "forward"
    MINIO = "minio"
    EVENTBRIDGE = "eventbridge"
    SNS = "sns"
    CEPH = "ceph"
    SQS = "sqs"


class NoAction(StrEnum):
    """Why nothing was done about an event; what else came of one is an `Outcome` of uploads.arrivals."""

    BAD = "bad"
    TEST = "test"
    FOREIGN_BUCKET = "foreign-bucket"
    NOT_CREATED = "not-created"
    OWN_OUTPUT = "own-output"
    UNKNOWN = "unknown"
    FAILED = "failed"
    """The store or the database did not do it: the sender delivers again."""


class EventsFailed(Exception):
    """Some events could not be dealt with now. All of them may be delivered again: that is harmless."""


def events_received(records: Sequence[ObjectEvent | BadRecord], *, transport: Transport) -> Counter[str]:
    """Deal with each event, and return how many came to what.

    Raises EventsFailed, after all have had their turn, when the store or the database failed one of them.
    """
    tally: Counter[str] = Counter()
    failure: Exception | None = None
    for record in records:
        try:
            outcome = _outcome(record)
        except Exception as error:
            logger.error(
                "An S3 event could not be dealt with, and is to be delivered again: %r: %r", record, error,
                # When the store or the database is down all fail alike: one traceback says enough.
                exc_info=failure is None,
            )  # fmt: skip
            outcome, failure = NoAction.FAILED, error
        tally[outcome] += 1
    _count(tally, transport)
    if failure is not None:
        raise EventsFailed(f"{tally[NoAction.FAILED]} of {len(records)} events") from failure
    return tally


def _outcome(record: ObjectEvent | BadRecord) -> NoAction | Outcome:
    if isinstance(record, BadRecord):
        logger.warning("Left out a record that is no S3 event: %s", record.reason)
        return NoAction.BAD
    return _no_action(record) or object_created(
        source_key=record.key, noticed_by=NoticedBy.EVENT, etag=record.etag, version_id=record.version_id
    )


def _no_action(event: ObjectEvent) -> NoAction | None:
    if event.name == TEST_EVENT:
        return NoAction.TEST
    if event.bucket != settings.S3_BUCKET:
        logger.warning("Left out an S3 event of the bucket %r, which is not the site's", event.bucket)
        return NoAction.FOREIGN_BUCKET
    if not event.created:
        return NoAction.NOT_CREATED
    if event.key.startswith((keys.RENDITIONS, keys.FILES)):
        return NoAction.OWN_OUTPUT
    # Neither store nor database is asked for what strangers call their files: a database may even choke on it.
    return None if keys.is_source(event.key) else NoAction.UNKNOWN


def _count(tally: Counter[str], transport: Transport) -> None:
    """Add to the day's tallies: each in a transaction of its own, so that no two deliveries wait for each other."""
    day = timezone.now().date()
    for outcome, number in tally.items():
        try:
            EventTally.objects.update_or_create(
                day=day, transport=transport, outcome=outcome,
                defaults={"count": F("count") + number}, create_defaults={"count": number},
            )  # fmt: skip
        except DatabaseError as error:
            logger.warning("Not counted: %s events that came to %s: %s", number, outcome, error)
