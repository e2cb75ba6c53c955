"""The webhook by which ECS tells, through EventBridge, how its tasks are."""

import logging

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from transcoding.ecs.events import delivery_received
from uploads.errors import UserError

MAX_BODY_BYTES = 256 * 1024
"""What EventBridge takes for one event at most; one of ECS is a few kB."""
MAX_DIGITS = 18
"""Of a Content-Length; Python refuses to read a number of thousands of digits."""
NOT_POSTED = "hook.only-post"

logger = logging.getLogger(__name__)


@csrf_exempt
def ecs(request: HttpRequest) -> JsonResponse:
    """Take an ECS event. An answer of 200 means that all was done, 503 that it is to be delivered again."""
    try:
        return JsonResponse(delivery_received(headers=request.headers, body=_body(request)))
    except UserError as refusal:
        logger.warning("Refused an ECS event: %s: %s", refusal.code, refusal.message)
        allow = {"Allow": "POST"} if refusal.code == NOT_POSTED else {}
        answer = {"code": refusal.code, "message": refusal.message}
        return JsonResponse(answer, status=refusal.status, headers=allow)
    except DatabaseError:
        logger.exception("An ECS event is to be delivered again")
        again = {"code": "hook.failed", "message": "This could not be done now. Deliver it again in a moment."}
        return JsonResponse(again, status=503)


def _body(request: HttpRequest) -> bytes:
    """Return the body. Raises UserError when there is none to be read, or more than EventBridge sends."""
    if request.method != "POST":
        raise UserError(NOT_POSTED, "Deliver ECS events by POST.", status=405)
    declared = request.headers.get("Content-Length") or "0"
    if declared.isdecimal() and len(declared) <= MAX_DIGITS and int(declared) <= MAX_BODY_BYTES:
        body = request.read(MAX_BODY_BYTES + 1)
        if len(body) <= MAX_BODY_BYTES:
            return body
    raise UserError("hook.too-large", f"Deliver at most {MAX_BODY_BYTES // 1024} KiB at a time.", status=413)
