"""The part of a job specification that says where the source is and the renditions go (docs/protocol.md, 6)."""

from dataclasses import dataclass, field

from transcoding.worker.fields import Fields, SpecError


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObject:
    """Exactly the source that was taken; an empty mark or version leaves that open."""

    key: str
    etag: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalStorageSpec:
    root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Credentials:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class S3StorageSpec:
    """An empty `endpoint` is AWS; no `credentials` are those of the machine: its role, environment or files."""

    bucket: str
    region: str
    endpoint: str
    addressing: str
    checksums: str
    credentials: S3Credentials | None


StorageSpec = LocalStorageSpec | S3StorageSpec


def read_storage(fields: Fields) -> StorageSpec:
    """Raise SpecError naming the first field that is missing or wrong."""
    kind = fields.text("kind")
    if kind == "local":
        return LocalStorageSpec(root=fields.text("root"))
    if kind == "s3":
        return S3StorageSpec(
            bucket=fields.text("bucket"),
            region=fields.text("region"),
            endpoint=fields.text("endpoint", pattern=r"(https?://.+)?"),
            addressing=fields.text("addressing", pattern="path|virtual"),
            checksums=fields.text("checksums", pattern="when_required|when_supported"),
            credentials=_credentials(fields.part_or_none("credentials")),
        )
    raise SpecError(f"There is no storage of the kind {kind}.")


def storage_document(spec: StorageSpec) -> dict[str, object]:
    """Return what `read_storage` reads."""
    if isinstance(spec, LocalStorageSpec):
        return {"kind": "local", "root": spec.root}
    return {
        "kind": "s3",
        "bucket": spec.bucket,
        "region": spec.region,
        "endpoint": spec.endpoint,
        "addressing": spec.addressing,
        "checksums": spec.checksums,
        "credentials": _credentials_document(spec.credentials),
    }


def _credentials(fields: Fields | None) -> S3Credentials | None:
    if fields is None:
        return None
    return S3Credentials(
        access_key_id=fields.text("accessKeyId"),
        secret_access_key=fields.text("secretAccessKey"),
        session_token=fields.text_or_none("sessionToken"),
    )


def _credentials_document(credentials: S3Credentials | None) -> dict[str, str] | None:
    if credentials is None:
        return None
    document = {"accessKeyId": credentials.access_key_id, "secretAccessKey": credentials.secret_access_key}
    if credentials.session_token is not None:
        document["sessionToken"] = credentials.session_token
    return document
