"""The bucket looked at by `manage.py check --deploy`, which must not hang."""

from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Thread

from django.core.checks import CheckMessage, Warning

from uploads.bucket.findings import Finding, State
from uploads.bucket.refusals import Unreachable
from uploads.bucket.services import bucket_check

PATIENCE_SECONDS = 15


def what_is_missing() -> list[CheckMessage]:
    """Return a warning for each thing that `manage.py s3_setup` would do, or one that says why we cannot know."""
    try:
        return list(_warnings(_findings()))
    except Unreachable as reason:
        hint = "Uploads and playback need the bucket: mend this, then run `manage.py s3_setup --check`."
        return [Warning(str(reason), hint=hint, id="uploads.W011")]


def _warnings(findings: list[Finding]) -> Iterator[CheckMessage]:
    for finding in findings:
        text = f"{finding.item}: {finding.sentence}"
        if finding.state is State.MISSING:
            yield Warning(text, hint="Run `manage.py s3_setup`.", id="uploads.W010")
        elif finding.is_open:
            # A warning of its own: whoever gives the site few rights on purpose can silence it.
            yield Warning(text, hint=" && ".join(finding.commands), id="uploads.W012")


def _findings() -> list[Finding]:
    """Look in a thread that is left behind when it takes too long: the clients themselves try for minutes."""
    answer: SimpleQueue[list[Finding] | Exception] = SimpleQueue()

    def look() -> None:
        try:
            answer.put(bucket_check())
        except Exception as error:
            answer.put(error)

    Thread(target=look, daemon=True).start()
    try:
        found = answer.get(timeout=PATIENCE_SECONDS)
    except Empty:
        raise Unreachable(f"The store did not answer within {PATIENCE_SECONDS} seconds.") from None
    if isinstance(found, Exception):
        raise found
    return found
