"""Tell whose fault it is when ffmpeg fails. Pure."""

import re

from transcoding.worker.errors import PlatformError, SourceError, TranscodeError
from transcoding.worker.sandbox import NOT_FOUND

# What ffmpeg itself says for errno values and build faults that no upload can cause.
PLATFORM_SIGNS = (
    ("platform.disk-full", re.compile(r"No space left on device|Disk quota exceeded")),
    ("platform.output-too-large", re.compile(r"File too large")),
    ("platform.out-of-memory", re.compile(r"Cannot allocate memory|Resource temporarily unavailable")),
    ("platform.disk-error", re.compile(r"Input/output error|Read-only file system|Too many open files")),
    (
        "platform.ffmpeg-broken",
        re.compile(r"Unknown encoder|No such filter|Unrecognized option|Option \S+ not found|Permission denied"),
    ),
)


def failure_of(returncode: int, log_tail: str) -> TranscodeError:
    """Turn a non-zero end of ffmpeg into the error to report."""
    if returncode < 0:
        return PlatformError(
            "platform.ffmpeg-killed", f"ffmpeg was killed by signal {-returncode}.", log_tail=log_tail
        )
    if returncode == NOT_FOUND:
        return PlatformError("platform.ffmpeg-missing", "ffmpeg is not installed.", log_tail=log_tail)
    for code, sign in PLATFORM_SIGNS:
        if found := sign.search(log_tail):
            return PlatformError(code, f"ffmpeg failed: {found[0]}.", log_tail=log_tail)
    return SourceError(
        "source.undecodable",
        "This video is damaged and cannot be decoded; please export it again and upload the new file.",
        log_tail=log_tail,
    )
