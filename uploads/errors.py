"""Errors that are the caller's to mend."""


class UserError(Exception):
    """A refusal with a stable code and one sentence that tells a person what to do.

    `status` is the HTTP status of the door it leaves through; `details` go beside code and message in the JSON.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.details = details


class NotFound(UserError):
    """There is no such thing, or it is not yours: the answer is the same."""

    def __init__(self) -> None:
        super().__init__("not-found", "There is nothing here, or it is not yours.", status=404)
