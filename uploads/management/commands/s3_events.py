"""`manage.py s3_events`: take S3 events from an SQS queue, until Ctrl-C."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from uploads.events.queue import QueueUnreachable, consume


class Command(BaseCommand):
    help = "Take S3 events from an SQS queue, until Ctrl-C or SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queue-url", help="default: the setting S3_EVENT_QUEUE_URL")
        parser.add_argument("--once", action="store_true", help="take what is there now, then end")

    def handle(self, *, queue_url: str | None, once: bool, **options: object) -> None:
        queue_url = queue_url or settings.S3_EVENT_QUEUE_URL
        if not queue_url:
            raise CommandError("Name the queue: set S3_EVENT_QUEUE_URL, or give --queue-url.")
        try:
            consume(queue_url, once=once)
        except QueueUnreachable as error:
            raise CommandError(str(error)) from error
