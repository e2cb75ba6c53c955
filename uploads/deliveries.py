"""One delivery to a webhook: its body taken in bounds, and every outcome answered in the site's own shape."""

import logging
from collections.abc import Callable, Mapping

from django.http import HttpRequest, JsonResponse

from uploads.errors import UserError

MAX_BODY_BYTES = 256 * 1024
"""What SNS, SQS and EventBridge take for one message at most; an event is a few kB."""
MAX_DIGITS = 18
"""Of a Content-Length; Python refuses to read a number of thousands of digits."""
NOT_POSTED = "hook.only-post"

logger = logging.getLogger(__name__)


def answered(
    request: HttpRequest,
    *,
    what: str,
    deal: Callable[..., Mapping[str, int]],
    passing: tuple[type[Exception], ...],
) -> JsonResponse:
    """Hand `headers` and `body` to `deal`, and answer what came of it.

    200 means that all was done: how many events came to what. A UserError is the sender's to mend; what is in
    `passing` is answered 503, so that the delivery comes again. `what` names the events, for people.
    """
    try:
        return JsonResponse(dict(deal(headers=request.headers, body=_body(request, what))))
    except UserError as refusal:
        logger.warning("Refused a delivery of %s: %s: %s", what, refusal.code, refusal.message)
        allow = {"Allow": "POST"} if refusal.code == NOT_POSTED else {}
        answer = {"code": refusal.code, "message": refusal.message}
        return JsonResponse(answer, status=refusal.status, headers=allow)
    except passing as failure:
        logger.warning("A delivery of %s is to come again: %s", what, failure)
        again = {"code": "hook.failed", "message": "This could not be done now. Deliver it again in a moment."}
        return JsonResponse(again, status=503)


def _body(request: HttpRequest, what: str) -> bytes:
    """Return the body. Raises UserError when there is none to be read, or more than any sender of ours sends."""
    if request.method != "POST":
        raise UserError(NOT_POSTED, f"Deliver {what} by POST.", status=405)
    declared = request.headers.get("Content-Length") or "0"
    if declared.isdecimal() and len(declared) <= MAX_DIGITS and int(declared) <= MAX_BODY_BYTES:
        # What declares no length is held to the same by the ASGI server (vidsite/body_limit.py), and here.
        body = request.read(MAX_BODY_BYTES + 1)
        if len(body) <= MAX_BODY_BYTES:
            return body
    raise UserError("hook.too-large", f"Deliver at most {MAX_BODY_BYTES // 1024} KiB at a time.", status=413)
