"""What it means when the store, or a service beside it, does not do as it is asked."""

from enum import Enum, auto

from uploads.stores.aws import error_code


class Unreachable(Exception):
    """The store cannot be asked at all; the message is a sentence that says what to do."""


class Refusal(Enum):
    FORBIDDEN = auto()
    WRONG_CREDENTIALS = auto()
    NOT_OFFERED = auto()
    NO_BUCKET = auto()
    NO_ANSWER = auto()
    OTHER = auto()


WRONG_CREDENTIALS = {
    "AuthFailure", "ExpiredToken", "ExpiredTokenException", "InvalidAccessKeyId", "InvalidClientTokenId",
    "InvalidToken", "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired",
    "UnrecognizedClientException",
    # These come from the SDK itself, before anything is sent.
    "CredentialRetrievalError", "NoCredentialsError", "PartialCredentialsError", "SSOTokenLoadError",
    "TokenRetrievalError", "UnauthorizedSSOTokenError",
}  # fmt: skip
FORBIDDEN = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
NOT_OFFERED = {"NotImplemented", "MethodNotAllowed", "UnsupportedOperation"}
NO_ANSWER = {
    "ConnectionClosedError", "ConnectTimeoutError", "EndpointConnectionError", "ProxyConnectionError",
    "ReadTimeoutError", "ResponseStreamingError", "SSLError",
}  # fmt: skip
NOT_ALLOWED_STATUS, NOT_OFFERED_STATUS = 403, 501


def code_of(error: BaseException) -> str:
    """Return the service's code of an error; Ceph's topics put theirs where the SDK does not look."""
    return error_code(error) or str(getattr(error, "response", {}).get("Code") or "")


def status_of(error: BaseException) -> int:
    """Return the HTTP status of an error, or 0 for one that had no answer."""
    answer = getattr(error, "response", {}).get("ResponseMetadata", {})
    return int(answer.get("HTTPStatusCode", 0))


def refusal(error: BaseException) -> Refusal:
    """Say what kind of refusal an AwsError is."""
    code, status = code_of(error), status_of(error)
    if code in WRONG_CREDENTIALS:
        return Refusal.WRONG_CREDENTIALS
    if code in FORBIDDEN or status == NOT_ALLOWED_STATUS:
        return Refusal.FORBIDDEN
    if code in NOT_OFFERED or status == NOT_OFFERED_STATUS:
        return Refusal.NOT_OFFERED
    if code == "NoSuchBucket":
        return Refusal.NO_BUCKET
    return Refusal.NO_ANSWER if code in NO_ANSWER else Refusal.OTHER


def wrong_credentials(error: BaseException) -> Unreachable:
    """Return the sentence about credentials that are missing, wrong or over."""
    return Unreachable(
        f"The credentials are missing or not accepted ({code_of(error)}): set AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or another source of the standard AWS chain, and see that the clock is right."
    )


def no_answer(error: BaseException) -> Unreachable:
    """Return the sentence about a server that does not answer."""
    return Unreachable(f"{error}. Is S3_ENDPOINT_URL right, and can this machine reach it?")
