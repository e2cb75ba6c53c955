"""What watchers see happen, and how they open their sockets."""

from typing import Any

from tests.factories import first_report, report_of
from tests.progress.conftest import Socket
from transcoding.models import Attempt
from transcoding.reports import report_record
from transcoding.services import attempt_start
from uploads.models import Video


def report(video: Video, **facts: Any) -> str:
    """Report as the transcoder of a video's only attempt."""
    attempt = Attempt.objects.get(job__video=video)
    return report_record(job_id=attempt.job_id, attempt_number=1, report=report_of(attempt, **facts))


def start(video: Video) -> Attempt:
    """Let a transcoder claim the attempt and say which renditions there will be."""
    attempt = Attempt.objects.get(job__video=video)
    attempt_start(job_id=attempt.job_id, number=1)
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    return attempt


async def opened(socket: Socket) -> Socket:
    connected, _ = await socket.connect(timeout=10)
    assert connected
    return socket
