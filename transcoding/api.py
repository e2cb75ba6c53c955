"""The transcoder's door (docs/protocol.md §7)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from ninja.security import HttpBearer

from transcoding.attempts import attempt_claim
from transcoding.chunks import ClaimedChunk, chunk_claim
from transcoding.reports import report_record
from transcoding.schemas import ChunkClaimIn, ChunkClaimOut, ContinueOut, ReportIn, StopOut
from transcoding.states import AttemptStatus
from transcoding.tokens import attempt_of

router = Router()


class AttemptToken(HttpBearer):
    """Checked before the body is parsed; yields the attempt's number."""

    def authenticate(self, request: HttpRequest, token: str) -> int | None:
        match = request.resolver_match
        return attempt_of(token, match.kwargs["job_id"]) if match else None


@router.post("/{uuid:job_id}/start", auth=AttemptToken(), response={200: dict[str, Any], 409: StopOut}, by_alias=True)
def start(request: HttpRequest, job_id: UUID) -> HttpResponse | Status[Any]:
    """Claim the attempt, and get its job specification (docs/protocol.md §6)."""
    attempt: int = request.auth  # type: ignore[attr-defined]  # set by ninja from AttemptToken
    claimant = request.headers.get("X-Vidsite-Claimant", "")[:64]
    spec = attempt_claim(job_id=job_id, number=attempt, claimant=claimant)
    if spec is None:
        return Status(409, StopOut(reason="superseded"))
    return HttpResponse(spec.to_json(), content_type="application/json", headers={"Cache-Control": "no-store"})


@router.post("/{uuid:job_id}/chunks", auth=AttemptToken(), response={200: ChunkClaimOut, 409: StopOut}, by_alias=True)
def chunk(request: HttpRequest, job_id: UUID, body: ChunkClaimIn) -> Status[Any]:
    """Claim the next chunk of a film (docs/protocol.md §7)."""
    attempt: int = request.auth  # type: ignore[attr-defined]  # set by ninja from AttemptToken
    claimed = chunk_claim(job_id=job_id, attempt_number=attempt, claim=body)
    if isinstance(claimed, ClaimedChunk):
        return Status(200, claimed)
    return Status(409, StopOut(reason="cancelled" if claimed == AttemptStatus.CANCELLED else "superseded"))


@router.post("/{uuid:job_id}/reports", auth=AttemptToken(), response={200: ContinueOut, 409: StopOut}, by_alias=True)
def report(request: HttpRequest, job_id: UUID, body: ReportIn) -> Status[Any]:
    """Take a transcoder's report, and say whether it goes on."""
    attempt: int = request.auth  # type: ignore[attr-defined]  # set by ninja from AttemptToken
    answer = report_record(job_id=job_id, attempt_number=attempt, report=body)
    if answer == "continue":
        return Status(200, ContinueOut())
    return Status(409, StopOut(reason=answer))
