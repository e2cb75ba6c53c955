"""The transcoder's reading and writing in a real bucket, with no more rights than it needs."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.real_s3.ceph import Ceph, Keys
from tests.real_s3.conftest import Bucket
from tests.real_s3.transcoder import SOURCE_KEY, Access, give_access, go_on
from transcoding.worker.errors import PlatformError, SourceError, TranscodeError
from transcoding.worker.s3_storage import S3Storage
from transcoding.worker.storage_spec import SourceObject

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

SOURCE = SourceObject(key=SOURCE_KEY)
SEGMENT_KEY = "renditions/video/job/1/240p/seg_00000.m4s"


@pytest.fixture
def access(ceph: Ceph, bucket: Bucket) -> Access:
    return give_access(ceph, bucket)


@pytest.fixture
def storage(access: Access) -> S3Storage:
    return S3Storage(access.spec())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "seg_00000.m4s"
    path.write_bytes(b"a segment")
    return path


def put(bucket: Bucket, content: bytes) -> SourceObject:
    """Store a source; return it with its mark and version."""
    told = bucket.s3.put_object(Bucket=bucket.name, Key=SOURCE_KEY, Body=content)
    return SourceObject(key=SOURCE_KEY, etag=told["ETag"].strip('"'), version=told.get("VersionId", ""))


def keep_versions(bucket: Bucket) -> None:
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})


def code_of(failure: pytest.ExceptionInfo[TranscodeError]) -> str:
    return failure.value.code


@pytest.mark.parametrize("content", [b"", b"x", b"0123456789" * 100_000])
def test_a_source_arrives_as_it_is(tmp_path: Path, bucket: Bucket, storage: S3Storage, content: bytes) -> None:
    source = put(bucket, content)
    assert storage.size(source, check=go_on) == len(content)
    storage.download(source, tmp_path / "source", check=go_on)
    assert (tmp_path / "source").read_bytes() == content


def test_a_source_that_was_put_together_from_parts_arrives_as_it_is(
    tmp_path: Path, bucket: Bucket, storage: S3Storage
) -> None:
    content = bytes(range(256)) * 20480 + b"the last part"
    upload = bucket.s3.create_multipart_upload(Bucket=bucket.name, Key=SOURCE_KEY)["UploadId"]
    parts: list[CompletedPartTypeDef] = []
    for n, body in ((1, content[: 5 * 2**20]), (2, content[5 * 2**20 :])):
        told = bucket.s3.upload_part(Bucket=bucket.name, Key=SOURCE_KEY, UploadId=upload, PartNumber=n, Body=body)
        parts.append({"PartNumber": n, "ETag": told["ETag"]})
    bucket.s3.complete_multipart_upload(
        Bucket=bucket.name, Key=SOURCE_KEY, UploadId=upload, MultipartUpload={"Parts": parts}
    )
    etag = bucket.s3.head_object(Bucket=bucket.name, Key=SOURCE_KEY)["ETag"].strip('"')
    assert etag.endswith("-2")
    storage.download(SourceObject(key=SOURCE_KEY, etag=etag), tmp_path / "source", check=go_on)
    assert (tmp_path / "source").read_bytes() == content


def test_a_source_that_was_replaced_is_the_users_to_upload_again(
    tmp_path: Path, bucket: Bucket, storage: S3Storage
) -> None:
    source = put(bucket, b"what was taken")
    put(bucket, b"something else")
    with pytest.raises(SourceError) as replaced:
        storage.size(source, check=go_on)
    assert code_of(replaced) == "source.replaced"
    with pytest.raises(SourceError) as replaced:
        storage.download(source, tmp_path / "source", check=go_on)
    assert code_of(replaced) == "source.replaced"


def test_the_version_that_was_taken_is_read_although_there_is_a_newer_one(
    tmp_path: Path, bucket: Bucket, storage: S3Storage
) -> None:
    keep_versions(bucket)
    source = put(bucket, b"what was taken")
    put(bucket, b"something else")
    bucket.s3.delete_object(Bucket=bucket.name, Key=SOURCE_KEY)
    assert source.version
    storage.download(source, tmp_path / "source", check=go_on)
    assert (tmp_path / "source").read_bytes() == b"what was taken"


def test_a_version_that_is_gone_is_the_users_to_upload_again(
    tmp_path: Path, ceph: Ceph, bucket: Bucket, access: Access
) -> None:
    storage = S3Storage(access.spec(keys=ceph.keys))  # who may not list a bucket is not told what is gone
    keep_versions(bucket)
    source = put(bucket, b"what was taken")
    put(bucket, b"something else")
    bucket.s3.delete_object(Bucket=bucket.name, Key=SOURCE_KEY, VersionId=source.version)
    with pytest.raises(SourceError) as gone:
        storage.download(source, tmp_path / "source", check=go_on)
    assert code_of(gone) == "source.replaced"


def test_a_missing_source_is_our_fault(ceph: Ceph, access: Access) -> None:
    storage = S3Storage(access.spec(keys=ceph.keys))  # who may not list a bucket is not told what is gone
    with pytest.raises(PlatformError) as missing:
        storage.size(SOURCE, check=go_on)
    assert code_of(missing) == "platform.source-missing"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("seg_00000.m4s", "video/iso.segment"),
        ("init.mp4", "video/mp4"),
        ("poster.jpg", "image/jpeg"),
        ("storyboard.vtt", "text/vtt"),
    ],
)
def test_what_is_published_says_what_it_is_and_that_it_never_changes(
    tmp_path: Path, bucket: Bucket, storage: S3Storage, name: str, content_type: str
) -> None:
    (tmp_path / name).write_bytes(b"content")
    storage.publish(tmp_path / name, f"renditions/video/job/1/{name}", check=go_on)
    told = bucket.s3.get_object(Bucket=bucket.name, Key=f"renditions/video/job/1/{name}")
    assert told["Body"].read() == b"content"
    assert told["ContentType"] == content_type
    assert told["CacheControl"] == "public, max-age=31536000, immutable"


def test_what_was_published_can_be_taken_back_twice(bucket: Bucket, storage: S3Storage, file: Path) -> None:
    storage.publish(file, SEGMENT_KEY, check=go_on)
    storage.delete(SEGMENT_KEY)
    storage.delete(SEGMENT_KEY)
    assert bucket.keys() == []


def test_a_transcoder_can_neither_write_nor_delete_a_source(bucket: Bucket, storage: S3Storage, file: Path) -> None:
    put(bucket, b"content")
    with pytest.raises(PlatformError) as refused:
        storage.publish(file, SOURCE_KEY, check=go_on)
    assert code_of(refused) == "platform.storage-refused"
    with pytest.raises(PlatformError) as refused:
        storage.delete(SOURCE_KEY)
    assert code_of(refused) == "platform.storage-refused"
    assert bucket.content(SOURCE_KEY) == b"content"


def test_a_source_that_is_gone_is_refused_to_a_transcoder_that_may_not_list(storage: S3Storage) -> None:
    with pytest.raises(PlatformError) as refused:
        storage.size(SOURCE, check=go_on)
    assert code_of(refused) == "platform.storage-refused"
    assert "source is still there" in refused.value.message


def test_a_transcoder_cannot_list_the_bucket(ceph: Ceph, bucket: Bucket, access: Access) -> None:
    with pytest.raises(ceph.s3().exceptions.ClientError, match="AccessDenied"):
        ceph.s3(access.keys).list_objects_v2(Bucket=bucket.name)


def test_a_transcoder_reads_what_an_attempt_before_it_has_made(tmp_path: Path, storage: S3Storage, file: Path) -> None:
    storage.publish(file, SEGMENT_KEY, check=go_on)
    storage.download(SourceObject(key=SEGMENT_KEY), tmp_path / "brought", check=go_on)
    assert (tmp_path / "brought").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("wrong", ["unknown key", "wrong secret"])
def test_credentials_that_are_refused_are_named_with_the_call_and_nothing_secret(
    bucket: Bucket, access: Access, file: Path, wrong: str
) -> None:
    put(bucket, b"content")
    keys = {
        "unknown key": Keys(access_key="NOBODYSKEY", secret_key=access.keys.secret_key),
        "wrong secret": Keys(access_key=access.keys.access_key, secret_key="another"),
    }[wrong]
    storage = S3Storage(access.spec(keys=keys))
    with pytest.raises(PlatformError) as refused:
        storage.size(SOURCE, check=go_on)
    assert code_of(refused) == "platform.storage-refused"
    assert "GetObject" in refused.value.message
    with pytest.raises(PlatformError) as refused:
        storage.publish(file, SEGMENT_KEY, check=go_on)
    assert "PutObject" in refused.value.message
    assert keys.access_key not in refused.value.message


def test_a_bucket_that_is_not_there_is_refused_and_not_taken_for_a_missing_source(access: Access) -> None:
    nowhere = S3Storage(Access(**vars(access) | {"bucket": "no-such-bucket"}).spec())
    with pytest.raises(PlatformError) as refused:
        nowhere.size(SourceObject(key=SOURCE_KEY, version="v"), check=go_on)
    assert code_of(refused) == "platform.storage-refused"
