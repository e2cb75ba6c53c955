"""The webhook by which an object store, or what stands between, tells of new objects."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from uploads.deliveries import answered
from uploads.events.fetching import CertificateUnreachable
from uploads.events.services import EventsFailed
from uploads.events.sns import ConfirmationFailed
from uploads.events.webhook import delivery_received

MAY_PASS = (CertificateUnreachable, ConfirmationFailed, EventsFailed)


@csrf_exempt
def s3(request: HttpRequest) -> JsonResponse:
    """Take S3 events."""
    return answered(request, what="S3 events", deal=delivery_received, passing=MAY_PASS)
