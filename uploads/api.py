"""The upload API (docs/protocol.md §2)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from uploads import services
from uploads.models import Upload
from uploads.planning import part_count, part_length
from uploads.schemas import CamelSchema

router = Router()


class StartIn(CamelSchema):
    name: Annotated[str, Field(max_length=1024)]
    size: Annotated[int, Field(ge=0, le=2**53)]
    type: Annotated[str, Field(max_length=255)] = ""
    last_modified: Annotated[int, Field(ge=-(2**53), le=2**53)] = 0


class PartOut(CamelSchema):
    number: int
    size: int


class UploadOut(CamelSchema):
    video_id: UUID
    name: str
    size: int
    last_modified: int
    part_size: int
    part_count: int
    parts: list[PartOut]
    created_at: datetime
    expires_at: datetime


class UploadList(CamelSchema):
    items: list[UploadOut]


class PartsIn(CamelSchema):
    parts: list[int]


class SignedPartOut(CamelSchema):
    number: int
    size: int
    url: str
    method: str = "PUT"
    headers: dict[str, str]
    expires_at: datetime


class SignedFormOut(CamelSchema):
    url: str
    method: str = "POST"
    fields: dict[str, str]
    expires_at: datetime


class SignedParts(CamelSchema):
    items: list[SignedPartOut]


class CompleteOut(CamelSchema):
    video_id: UUID
    status: str


def uploads_out(uploads: Sequence[Upload]) -> list[UploadOut]:
    """Describe open uploads with the parts the store holds."""
    return [
        UploadOut(
            video_id=upload.video.pk,
            name=upload.video.file_name,
            size=upload.video.size_bytes,
            last_modified=upload.last_modified_ms,
            part_size=upload.part_size_bytes,
            part_count=part_count(upload.video.size_bytes, upload.part_size_bytes),
            parts=[PartOut(number=part.number, size=part.size_bytes) for part in parts],
            created_at=upload.created_at,
            expires_at=upload.expires_at,
        )
        for upload, parts in zip(uploads, services.upload_parts(uploads), strict=True)
    ]


def signed_in(request: HttpRequest) -> User:
    """The router's session check has let only a signed-in user through."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 — narrows the type; the check itself is SessionAuth's
    return user


@router.post("", response={200: UploadOut, 201: UploadOut}, by_alias=True)
def start(request: HttpRequest, body: StartIn) -> Status[Any]:
    """Open an upload, or get the open one of the same file back."""
    upload, is_new = services.upload_start(
        owner=signed_in(request),
        name=body.name,
        size_bytes=body.size,
        content_type=body.type,
        last_modified_ms=body.last_modified,
    )
    return Status(201 if is_new else 200, uploads_out([upload])[0])


@router.get("", response=UploadList, by_alias=True)
def unfinished(request: HttpRequest) -> UploadList:
    """List my unfinished uploads, newest first."""
    uploads = Upload.objects.of(signed_in(request)).select_related("video").order_by("-created_at")
    return UploadList(items=uploads_out([*uploads]))


@router.get("/{uuid:video_id}", response=UploadOut, by_alias=True)
def show(request: HttpRequest, video_id: UUID) -> UploadOut:
    """Show one unfinished upload and the parts that have arrived."""
    return uploads_out([services.get_upload(user=signed_in(request), video_id=video_id)])[0]


@router.post("/{uuid:video_id}/parts", response=SignedParts, by_alias=True)
def sign_parts(request: HttpRequest, video_id: UUID, body: PartsIn) -> SignedParts:
    """Get presigned URLs for a batch of parts."""
    upload = services.get_upload(user=signed_in(request), video_id=video_id)
    puts, expires_at = services.upload_sign_parts(upload=upload, numbers=body.parts)
    size = upload.video.size_bytes
    return SignedParts(
        items=[
            SignedPartOut(
                number=n,
                size=part_length(n, size_bytes=size, part_size_bytes=upload.part_size_bytes),
                url=request.build_absolute_uri(put.url),
                headers=dict(put.headers),
                expires_at=expires_at,
            )
            for n, put in puts.items()
        ]
    )


@router.post("/{uuid:video_id}/form", response=SignedFormOut, by_alias=True)
def sign_form(request: HttpRequest, video_id: UUID) -> SignedFormOut:
    """Get a presigned form that takes the whole file in one POST, for pages and clients without a script of ours."""
    upload = services.get_upload(user=signed_in(request), video_id=video_id)
    form, expires_at = services.upload_sign_form(upload=upload)
    return SignedFormOut(url=form.url, fields=dict(form.fields), expires_at=expires_at)


@router.post("/{uuid:video_id}/complete", response=CompleteOut, by_alias=True)
def complete(request: HttpRequest, video_id: UUID) -> CompleteOut:
    """Make the video of its parts; the store is asked which there are."""
    video = services.upload_complete(user=signed_in(request), video_id=video_id)
    return CompleteOut(video_id=video.pk, status=video.upload_status)


@router.delete("/{uuid:video_id}", response={204: None})
def abort(request: HttpRequest, video_id: UUID) -> Status[None]:
    """Give an upload up and drop its parts."""
    services.upload_abort(upload=services.get_upload(user=signed_in(request), video_id=video_id))
    return Status(204, None)
