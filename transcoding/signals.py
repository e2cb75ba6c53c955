"""News from transcoding to the layers above.

`job_changed(job_id: UUID, video_id: UUID, qualities: frozenset[str], status_changed: bool)` — a job, or some of its
renditions, moved. Sent after commit with `send_robust`: a receiver that fails is logged, and the next snapshot is
right anyway.
"""

import logging
from functools import partial
from uuid import UUID

from django.db import transaction
from django.dispatch import Signal

logger = logging.getLogger(__name__)

job_changed = Signal()


def announce(
    *, job_id: UUID, video_id: UUID, qualities: frozenset[str] = frozenset(), status_changed: bool = False
) -> None:
    """Send job_changed once the transaction at hand is committed."""
    transaction.on_commit(
        partial(_send, job_id=job_id, video_id=video_id, qualities=qualities, status_changed=status_changed)
    )


def _send(**news: object) -> None:
    for receiver, answer in job_changed.send_robust(sender=None, **news):
        if isinstance(answer, Exception):
            logger.error("A receiver of job_changed failed: %s", receiver, exc_info=answer)
