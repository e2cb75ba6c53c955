"""One delivery of "ECS Task State Change" events, as EventBridge's API destination sends them."""

from collections.abc import Mapping

from django.conf import settings

from transcoding.ecs.tasks import read_task
from transcoding.ecs.watching import task_seen
from uploads.errors import UserError
from uploads.events.credentials import in_header, is_one_of, usable
from uploads.events.records import load

IGNORED = "ignored"


def delivery_received(*, headers: Mapping[str, str], body: bytes) -> dict[str, int]:
    """Deal with one event, and return what came of it. Raises UserError when it is refused."""
    check_secret(headers)
    document = load(body)
    if not isinstance(document, dict) or document.get("source") != "aws.ecs":
        raise _no_event()
    if document.get("detail-type") != "ECS Task State Change":
        # A rule that is wider than it needs to be does no harm.
        return {IGNORED: 1}
    seen = read_task(document.get("detail"), container=settings.ECS_CONTAINER)
    if seen is None:
        raise _no_event()
    return {str(task_seen(seen)): 1}


def check_secret(headers: Mapping[str, str]) -> None:
    """Raise UserError unless the sender knows one of the site's secrets."""
    if not is_one_of(in_header(headers.get("X-Api-Key", "")), usable(settings.ECS_EVENT_SECRETS)):
        raise UserError("hook.wrong-secret", "Send one of the site's secrets as X-Api-Key.", status=403)


def _no_event() -> UserError:
    return UserError("hook.not-an-event", 'Send "ECS Task State Change" events as EventBridge makes them.')
