"""The bucket looked at by `manage.py check --deploy`, which must not hang."""

import logging
from collections.abc import Iterator
from queue import Empty, SimpleQueue
from threading import Thread

from django.core.checks import CheckMessage, Warning

from uploads.bucket.findings import Finding, State
from uploads.bucket.refusals import Unreachable
from uploads.bucket.services import bucket_check

PATIENCE_SECONDS = 15

logger = logging.getLogger(__name__)


def what_is_missing() -> list[CheckMessage]:
    """Return a warning for each thing that `manage.py s3_setup` would do, or one that says why we cannot know."""
    try:
        return list(_warnings(_findings()))
    except Unreachable as reason:
        sentence = str(reason)
    except Exception as error:
        # A warning at the start of a site must not keep it from starting, whatever the store has answered.
        logger.exception("The bucket could not be looked at")
        sentence = f"The bucket could not be looked at: {type(error).__name__}: {error}."
    hint = "Uploads and playback need the bucket: mend this, then run `manage.py s3_setup --check`."
    return [Warning(sentence, hint=hint, id="uploads.W011")]


def _warnings(findings: list[Finding]) -> Iterator[CheckMessage]:
    for finding in findings:
        text = f"{finding.item}: {finding.sentence}"
        if finding.state is State.MISSING:
            yield Warning(text, hint="Run `manage.py s3_setup`.", id="uploads.W010")
        elif finding.is_open:
            # A warning of its own: whoever gives the site few rights on purpose can silence it.
            yield Warning(text, hint=_hint(finding), id="uploads.W012")
        elif finding.remark:
            hint = "Uploads do without; silence uploads.W013 if it is meant so."
            yield Warning(f"{finding.item}: {finding.remark}", hint=hint, id="uploads.W013")


def _hint(finding: Finding) -> str:
    if finding.addition:
        return f"To add to what is there: {finding.addition}"
    return "Where the site has few rights on purpose, silence uploads.W012."


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
