"""What the answers of an S3 server mean; the real ones are in tests/real_s3."""

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from transcoding.worker.errors import SourceError
from transcoding.worker.s3_storage import failure_of
from transcoding.worker.storage_spec import SourceObject

SOURCE = SourceObject(key="sources/video/source")


def answer(status: int, code: str) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "KEYID signed s3cr3t"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "GetObject")  # type: ignore[arg-type]  # a real answer has more fields


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (500, "InternalError", "platform.storage"),
        (503, "SlowDown", "platform.storage"),
        (429, "TooManyRequests", "platform.storage"),
        (400, "RequestTimeout", "platform.storage"),
        (400, "BadDigest", "platform.storage"),
        (403, "AccessDenied", "platform.storage-refused"),
        (400, "ExpiredToken", "platform.storage-refused"),
        (301, "PermanentRedirect", "platform.storage-refused"),
        (404, "NoSuchBucket", "platform.storage-refused"),
        (404, "NoSuchKey", "platform.source-missing"),
        (412, "PreconditionFailed", "source.replaced"),
    ],
)
def test_an_answer_is_worth_another_try_or_final(status: int, code: str, expected: str) -> None:
    failure = failure_of("GetObject", answer(status, code), SOURCE)
    assert failure.code == expected
    assert "s3cr3t" not in str(failure)
    assert "KEYID" not in str(failure)


def test_a_version_that_is_gone_is_the_users_to_upload_again() -> None:
    source = SourceObject(key=SOURCE.key, version="v1")
    failure = failure_of("GetObject", answer(404, "NoSuchVersion"), source)
    assert isinstance(failure, SourceError)
    assert failure.message == "The file was replaced after its upload. Upload it again."


def test_a_refusal_names_the_call() -> None:
    assert "PutObject: AccessDenied" in failure_of("PutObject", answer(403, "AccessDenied")).message


def test_a_network_that_fails_is_worth_another_try_and_a_machine_without_credentials_is_not() -> None:
    timeout = ReadTimeoutError(endpoint_url="https://s3?X-Amz-Signature=s3cr3t", error=TimeoutError())
    failure = failure_of("GetObject", timeout, SOURCE)
    assert failure.code == "platform.storage"
    assert "s3cr3t" not in failure.message
    assert failure_of("GetObject", NoCredentialsError(), SOURCE).code == "platform.storage-refused"
