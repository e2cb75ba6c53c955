"""The transcoder: `python -m transcoding.worker`, with a job specification on standard input or where to fetch it."""

import logging
import os
import signal
import sys
from types import FrameType

from transcoding.worker.claim import claimed_spec, is_asked_for
from transcoding.worker.errors import (
    CANCELLED,
    Interrupted,
    ReportNotDeliveredError,
    SourceError,
    Stopped,
    TranscodeError,
)
from transcoding.worker.publishing import Publisher
from transcoding.worker.report import Report
from transcoding.worker.reporter import HttpReporter
from transcoding.worker.run import transcode
from transcoding.worker.spec import JobSpec, SpecError
from transcoding.worker.stop import StopSwitch
from transcoding.worker.storage import open_storage
from transcoding.worker.usage import so_far

log = logging.getLogger(__name__)

DONE, FAILED, STOPPED, UNTOLD = 0, 1, 3, 4


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = StopSwitch()
    _end_on_signals(stop)
    try:
        spec = _spec(stop)
    except SpecError as error:
        log.error("This is no job specification: %s", error)
        return UNTOLD
    except Stopped as stopped:
        log.info("This attempt is not to be had: %s.", stopped.reason)
        return STOPPED
    except TranscodeError as error:
        log.error("The attempt was not begun: %s", error)
        return UNTOLD
    report = Report(video_id=spec.video_id, attempt=spec.attempt)
    try:
        with HttpReporter(report, url=spec.report_url, token=spec.token, stop=stop) as reporter:
            return _attempt(spec, report, reporter, stop)
    except Stopped as stopped:
        log.info("The site told this attempt to stop: %s.", stopped.reason)
        return STOPPED
    except ReportNotDeliveredError:
        log.error("The site could not be told how the attempt ended.")
        return UNTOLD


def _spec(stop: StopSwitch) -> JobSpec:
    if is_asked_for(os.environ):
        return claimed_spec(os.environ, stop=stop)
    return JobSpec.from_json(sys.stdin.buffer.read())


def _attempt(spec: JobSpec, report: Report, reporter: HttpReporter, stop: StopSwitch) -> int:
    """Transcode and tell the site the outcome; return the exit code.

    What was published is deleted only where the site has said that no other attempt will go on from it.
    """
    try:
        storage = open_storage(spec.storage)
    except Exception as error:
        _fail(report, error)
        reporter.finish()
        return FAILED
    publisher = Publisher(storage, spec.output_prefix, check=stop.check)
    try:
        transcode(spec, storage=storage, publisher=publisher, report=report, stop=stop)
    except Stopped as stopped:
        if stopped.reason == CANCELLED:
            publisher.take_back()
        raise
    except Exception as error:
        report.use(so_far())
        _fail(report, error)
        reporter.finish()
        if isinstance(error, SourceError):
            publisher.take_back()
        return FAILED
    report.use(so_far())
    report.succeed()
    try:
        reporter.finish()
    except Stopped as stopped:
        # An answer that was lost may have been a yes: then the site plays these files already.
        if stopped.certain and stopped.reason == CANCELLED:
            publisher.take_back()
        raise
    return DONE


def _fail(report: Report, error: Exception) -> None:
    if isinstance(error, TranscodeError):
        is_final = isinstance(error, SourceError)
        log.log(logging.INFO if is_final else logging.ERROR, "The attempt failed: %s", error)
        if is_final:
            report.take_back()
        report.fail(error.code, error.message, log_tail=error.log_tail)
    else:
        # Whatever nobody thought of must still reach the site, which then tries again.
        log.error("The attempt failed unexpectedly.", exc_info=error)
        report.fail("platform.unexpected", f"The transcoder failed: {type(error).__name__}.", log_tail="")


def _end_on_signals(stop: StopSwitch) -> None:
    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set(Interrupted())

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handle)


if __name__ == "__main__":
    sys.exit(main())
