"""Hints: messages by which Celery does at once what the sweep would do a little later. The row is the truth."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

HINT_SECONDS = 20
"""An attempt nobody has taken up for this long is asked for again; the older message expires unread."""
TRY_ONCE = {"max_retries": 0, "interval_start": 0, "socket_timeout": 3}
"""Without it kombu waits six seconds for a broker that is down, in the request that completes an upload."""


def send_hint(task: str, **arguments: object) -> str:
    """Ask for a Celery task of transcoding.tasks and return the message's id; "" when the broker does not take it."""
    try:
        with current_app.connection_for_write(transport_options=TRY_ONCE) as connection:
            sent = current_app.send_task(
                f"transcoding.tasks.{task}",
                kwargs=arguments,
                expires=2 * HINT_SECONDS,
                connection=connection,
                retry=False,
            )
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not take %s of %s, which has to wait for a sweep: %s", task, arguments, error)
        return ""
    return str(sent.id)
