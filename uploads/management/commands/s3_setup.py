"""`manage.py s3_setup`: the bucket made ready for the site, or checked."""

from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError, CommandParser

from uploads.bucket.findings import Finding, State
from uploads.bucket.refusals import Unreachable
from uploads.bucket.services import bucket_check, bucket_set_up

WIDTH = max(len(state) for state in State)


class Command(BaseCommand):
    help = "Make the bucket of S3_BUCKET ready for the site: privacy, CORS, lifecycle and news of uploads."
    requires_system_checks = ["s3"]  # not those of S3_EVENTS: one asks for the topic that is made here

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit status 1 if something is missing"
        )
        parser.add_argument(
            "--origin", action="append", default=[], metavar="URL",
            help="one more origin whose pages upload and play; CSRF_TRUSTED_ORIGINS is where to keep it",
        )  # fmt: skip

    def handle(self, *, check: bool, origin: list[str], **options: object) -> None:
        try:
            findings = bucket_check(more_origins=origin) if check else bucket_set_up(more_origins=origin)
        except Unreachable as reason:
            raise CommandError(str(reason)) from reason
        for finding in findings:
            self._say(finding)
        still_open = sum(finding.is_open for finding in findings)
        if still_open:
            advice = "run `manage.py s3_setup`" if check else "see above"
            raise CommandError(f"Left to do: {still_open}; {advice}.")
        if not any(finding.state is State.MADE for finding in findings):
            self.stdout.write("Nothing had to be changed.")

    def _say(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.state:<{WIDTH}}  {finding.item}: {finding.sentence}")
        for line in (*finding.commands, *self._more(finding)):
            self.stdout.write(f"    {line}")

    def _more(self, finding: Finding) -> Iterator[str]:
        if finding.addition:
            yield f"to add to what is there: {finding.addition}"
        if finding.remark:
            yield finding.remark
