"""Object keys: made by the server from ids alone, so that a user's file name is only ever data.

>>> from uuid import UUID
>>> source_key(UUID(int=1))
'sources/00000000-0000-0000-0000-000000000001/source'
>>> is_safe("sources/../secret")
False
"""

import re
from uuid import UUID

SOURCE_KEY = re.compile(r"sources/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/source")
SAFE_KEY = re.compile(r"[a-z0-9_-]+(?:/[A-Za-z0-9_-]+(?:\.[a-z0-9]+)?)+")


def source_key(video_id: UUID) -> str:
    return f"sources/{video_id}/source"


SOURCES = "sources/"
RENDITIONS = "renditions/"
FILES = "files/"
"""Where Django's own files lie, by django-storages."""


def source_prefix(video_id: UUID) -> str:
    return f"sources/{video_id}/"


def renditions_prefix(video_id: UUID) -> str:
    """All that was ever made from one video; never a prefix of a source, so outputs raise no upload events."""
    return f"renditions/{video_id}/"


def is_source(key: str) -> bool:
    """Whether a key is one that `source_key` makes."""
    return SOURCE_KEY.fullmatch(key) is not None


def is_safe(key: str) -> bool:
    """Whether a key has the only shape this site makes: no dots but one before a suffix, no empty part."""
    return SAFE_KEY.fullmatch(key) is not None
