"""The webhook by which ECS tells, through EventBridge, how its tasks are."""

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from transcoding.ecs.events import delivery_received
from uploads.deliveries import answered


@csrf_exempt
def ecs(request: HttpRequest) -> JsonResponse:
    """Take an ECS event."""
    return answered(request, what="ECS events", deal=delivery_received, passing=(DatabaseError,))
