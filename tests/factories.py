"""Rows and uploads as tests need them, made by the services that make them in life."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.test import Client

from transcoding.models import Attempt, Job
from transcoding.schemas import ReportIn
from transcoding.services import attempt_start, job_launch
from uploads import services
from uploads.models import Video
from uploads.planning import part_count
from uploads.stores import get_store

SOURCE: dict[str, Any] = {
    "width": 1280,
    "height": 720,
    "durationSeconds": 60.0,
    "videoCodec": "h264",
    "audioCodec": "aac",
}
RENDITIONS: list[dict[str, Any]] = [
    {"quality": "720p", "kind": "video", "width": 1280, "height": 720, "frameRate": 30.0, "codecs": "avc1.64001f"},
    {"quality": "240p", "kind": "video", "width": 426, "height": 240, "frameRate": 30.0, "codecs": "avc1.640015"},
    {"quality": "audio", "kind": "audio", "codecs": "mp4a.40.2"},
]


def put(client: Client, url: str, body: bytes, **headers: str) -> Any:
    """PUT a part to the local store."""
    return client.put(url, body, content_type="application/octet-stream", headers=headers)


def start_upload(client: Client, *, name: str = "film.mp4", size: int = 1000, **more: Any) -> Any:
    """Start an upload through the API."""
    body = {"name": name, "size": size, "type": "video/mp4", "lastModified": 1, **more}
    return client.post("/api/uploads", body, content_type="application/json")


def upload(client: Client, content: bytes, *, name: str = "film.mp4", **more: Any) -> UUID:
    """Upload a whole file through the API and return the video's id."""
    started = start_upload(client, name=name, size=len(content), **more).json()
    count, size = started["partCount"], started["partSize"]
    address = f"/api/uploads/{started['videoId']}"
    signed = client.post(f"{address}/parts", {"parts": [*range(1, count + 1)]}, content_type="application/json").json()
    for part in signed["items"]:
        begin = (part["number"] - 1) * size
        assert put(client, part["url"], content[begin : begin + size]).status_code == 200
    assert client.post(f"{address}/complete").status_code == 200
    return UUID(started["videoId"])


def uploaded_video(owner: User, *, name: str = "film.mp4", content: bytes = b"bytes") -> Video:
    """Return a video whose source is whole; its job waits for the end of the transaction to be launched."""
    opened, _ = services.upload_start(
        owner=owner, name=name, size_bytes=len(content), content_type="video/mp4", last_modified_ms=1
    )
    store, key = get_store(), opened.video.source_key
    store.put_part(key, opened.store_upload_id, 1, [content])  # type: ignore[attr-defined]  # tests use the local store
    assert part_count(len(content), opened.part_size_bytes) == 1
    return services.upload_complete(user=owner, video_id=opened.pk)


def launched(video: Video) -> Attempt:
    """Return the launched attempt of a video's job."""
    job = Job.objects.get(video=video)
    job_launch(job_id=job.pk)
    return Attempt.objects.live().get(job=job)


def running(video: Video) -> Attempt:
    """Return the attempt of a video's job, claimed by a transcoder."""
    attempt = launched(video)
    assert attempt_start(job_id=attempt.job_id, number=attempt.number)
    attempt.refresh_from_db()
    return attempt


def report_of(attempt: Attempt, **facts: Any) -> ReportIn:
    """Return a report of an attempt."""
    body = {"videoId": attempt.job.video_id, "attempt": attempt.number, "status": "RUNNING", "stage": "ENCODING"}
    return ReportIn.model_validate({**body, **facts})


def first_report(attempt: Attempt, **facts: Any) -> ReportIn:
    """Return the report that says what the source is and which renditions there will be."""
    return report_of(attempt, source=SOURCE, renditions=RENDITIONS, **facts)


def segments(quality: str, numbers: range, **facts: Any) -> dict[str, Any]:
    """Return one rendition of a report with finished segments of four seconds."""
    made = [{"n": n, "duration": 4.0, "bytes": 100_000} for n in numbers]
    return {"quality": quality, "codecs": "avc1.640015", "initDigest": "ab", "segments": made, **facts}
