"""What a user's file may be, and what we call it; pure but for the settings."""

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath

from django.conf import settings

from uploads.errors import UserError

EXTENSIONS = frozenset(
    {".3g2", ".3gp", ".asf", ".avi", ".f4v", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts",
     ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"}
)  # fmt: skip
CONTENT_TYPE = re.compile(r"video/[a-z0-9.+-]+ *(;[ -~]*)?")
OTHER_CONTENT_TYPES = frozenset(
    {"", "application/octet-stream", "application/mxf", "application/ogg", "application/vnd.ms-asf",
     "text/vnd.trolltech.linguist"}
)  # fmt: skip
"""What browsers also call files with one of the EXTENSIONS; the last is a .ts file on Linux."""
MAX_NAME = 255
MAX_SUFFIX = 10
JOINERS = "\u200c\u200d"
"""They join letters in Persian, or people into a family emoji; between visible characters only."""


def clean_name(name: str) -> str:
    """Return a file name that any database can hold, otherwise as it was; the suffix survives shortening."""
    name = name.encode("utf-8", "replace").decode().replace("\0", "")
    if len(name) <= MAX_NAME:
        return name
    suffix = PurePosixPath(name).suffix
    suffix = suffix if len(suffix) <= MAX_SUFFIX else ""
    return name[: MAX_NAME - len(suffix)] + suffix


def plain_text(text: str) -> str:
    """Return one line without control and direction-changing characters, which could forge what a page shows."""
    kept = "".join(
        " " if c in "\r\n\t" else c
        for c in text
        if c in "\r\n\t" or c in JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs"}
    )
    return " ".join(kept.split()).strip(f" {JOINERS}")


def title_for(name: str) -> str:
    """Return the first title of a video: its file name without the suffix.

    >>> title_for("my film.mp4"), title_for("-f.mp4"), title_for(".mp4")
    ('my film', '-f', 'Untitled')
    """
    stem, suffix = PurePosixPath(name.replace("/", "_")).stem, PurePosixPath(name.replace("/", "_")).suffix
    return plain_text(stem if suffix or not stem.startswith(".") else "")[:200] or "Untitled"


def fingerprint(name: str, size_bytes: int, last_modified_ms: int) -> str:
    """Return what tells one user's file from another, without reading it."""
    return hashlib.sha256(f"{name}\n{size_bytes}\n{last_modified_ms}".encode()).hexdigest()


def check_acceptable(name: str, size_bytes: int, content_type: str) -> None:
    """Raise UserError for a file that can be refused before its first byte."""
    if not name.strip():
        raise UserError("upload.no-name", "The file has no name.", status=422)
    extension = PurePosixPath(name).suffix.lower()
    content_type = content_type.lower()
    is_video = content_type in OTHER_CONTENT_TYPES or CONTENT_TYPE.fullmatch(content_type)
    if extension not in EXTENSIONS or not is_video:
        raise UserError(
            "upload.wrong-type",
            f"“{plain_text(name)}” is not a video this site takes. "
            "Choose a file such as .mp4, .mov, .mkv, .webm or .avi.",
            status=422,
        )
    if size_bytes <= 0:
        raise UserError("upload.empty", f"“{plain_text(name)}” is empty. Choose another file.", status=422)
    if size_bytes > settings.MAX_UPLOAD_BYTES:
        raise UserError(
            "upload.too-large",
            f"This file is {human_size(size_bytes)}; the largest this site takes is "
            f"{human_size(settings.MAX_UPLOAD_BYTES)}.",
            status=422,
        )


def human_size(size_bytes: int) -> str:
    """Return a size as a person reads it, in powers of 1024.

    >>> human_size(900), human_size(1536), human_size(20 * 1024**3)
    ('900 bytes', '1.5 KB', '20 GB')
    """
    if size_bytes < 1024:  # noqa: PLR2004 — the unit itself
        return f"{size_bytes} bytes"
    value = float(size_bytes)
    for unit in ("KB", "MB", "GB", "TB"):
        value /= 1024
        if round(value, 1) < 1024 or unit == "TB":  # noqa: PLR2004 — the unit itself
            break
    return f"{value:.1f}".removesuffix(".0") + f" {unit}"
