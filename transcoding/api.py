"""The transcoder's door (docs/protocol.md §7)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status
from ninja.security import HttpBearer

from transcoding.reports import report_record
from transcoding.schemas import ContinueOut, ReportIn, StopOut
from transcoding.tokens import attempt_of

router = Router()


class AttemptToken(HttpBearer):
    """Checked before the body is parsed; yields the attempt's number."""

    def authenticate(self, request: HttpRequest, token: str) -> int | None:
        match = request.resolver_match
        return attempt_of(token, match.kwargs["job_id"]) if match else None


@router.post("/{uuid:job_id}/reports", auth=AttemptToken(), response={200: ContinueOut, 409: StopOut}, by_alias=True)
def report(request: HttpRequest, job_id: UUID, body: ReportIn) -> Status[Any]:
    """Take a transcoder's report, and say whether it goes on."""
    attempt: int = request.auth  # type: ignore[attr-defined]  # set by ninja from AttemptToken
    answer = report_record(job_id=job_id, attempt_number=attempt, report=body)
    if answer == "continue":
        return Status(200, ContinueOut())
    return Status(409, StopOut(reason=answer))
