"""The ways a transcoding can end without success, each with a stable code."""

CANCELLED = "cancelled"
"""Why an attempt is stopped that no other will follow."""


class TranscodeError(Exception):
    """Carry a stable `code` and a `message`; `log_tail` is the end of the failed program's own log."""

    def __init__(self, code: str, message: str, *, log_tail: str = "") -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.log_tail = log_tail


class SourceError(TranscodeError):
    """The user's file cannot be transcoded; the message tells the uploader why and what to do."""


class PlatformError(TranscodeError):
    """Something of ours failed; another attempt may succeed, and the message is for the operator."""


class Interrupted(PlatformError):
    """The machine asked this program to end (SIGTERM or SIGINT)."""

    def __init__(self) -> None:
        super().__init__("platform.interrupted", "The transcoder was asked to end before the video was done.")


class Stopped(Exception):
    """The site told this attempt to stop: `reason` is superseded, cancelled or unauthorized.

    `certain` is False when a final report may already have been accepted, so nothing may be deleted.
    """

    def __init__(self, reason: str, *, certain: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.certain = certain


class ReportNotDeliveredError(Exception):
    """The final state could not be told to the site."""
