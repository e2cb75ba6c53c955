"""The webhook by which an object store, or what stands between, tells of new objects."""

import logging

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from uploads.errors import UserError
from uploads.events.fetching import CertificateUnreachable
from uploads.events.services import EventsFailed
from uploads.events.sns import ConfirmationFailed
from uploads.events.webhook import delivery_received

MAX_BODY_BYTES = 256 * 1024
"""What SNS and SQS take for one message at most; an S3 event is about 1 kB."""
MAX_DIGITS = 18
"""Of a Content-Length; Python refuses to read a number of thousands of digits."""
NOT_POSTED = "hook.only-post"

logger = logging.getLogger(__name__)


@csrf_exempt
def s3(request: HttpRequest) -> JsonResponse:
    """Take S3 events. An answer of 200 means that all was done, 503 that it is to be delivered again."""
    try:
        return JsonResponse(delivery_received(headers=request.headers, body=_body(request)))
    except UserError as refusal:
        logger.warning("Refused a delivery of S3 events: %s: %s", refusal.code, refusal.message)
        allow = {"Allow": "POST"} if refusal.code == NOT_POSTED else {}
        answer = {"code": refusal.code, "message": refusal.message}
        return JsonResponse(answer, status=refusal.status, headers=allow)
    except (CertificateUnreachable, ConfirmationFailed, EventsFailed) as failure:
        logger.warning("S3 events are to be delivered again: %s", failure)
        again = {"code": "hook.failed", "message": "This could not be done now. Deliver it again in a moment."}
        return JsonResponse(again, status=503)


def _body(request: HttpRequest) -> bytes:
    """Return the body. Raises UserError when there is none to be read, or more than any sender of ours sends."""
    if request.method != "POST":
        raise UserError(NOT_POSTED, "Deliver S3 events by POST.", status=405)
    declared = request.headers.get("Content-Length") or "0"
    if declared.isdecimal() and len(declared) <= MAX_DIGITS and int(declared) <= MAX_BODY_BYTES:
        # What declares no length is held to the same by the ASGI server (vidsite/body_limit.py), and here.
        body = request.read(MAX_BODY_BYTES + 1)
        if len(body) <= MAX_BODY_BYTES:
            return body
    raise UserError("hook.too-large", f"Deliver at most {MAX_BODY_BYTES // 1024} KiB at a time.", status=413)
