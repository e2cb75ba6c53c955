"""What a site that is updated keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, AFTER = [("transcoding", "0003_costs")], [("transcoding", "0004_chunks")]


def migrated(target: list[tuple[str, str]]) -> Any:
    """Bring the database there, and return its models."""
    executor = MigrationExecutor(connection)
    executor.migrate(target)
    loader = MigrationExecutor(connection).loader
    others = [node for node in loader.graph.leaf_nodes() if node[0] in {"uploads", "auth"}]
    return loader.project_state([*target, *others]).apps


def job_of(old: Any, *, status: str, attempts: list[str]) -> Any:
    """Make a job whose every attempt has made one segment."""
    owner, _ = old.get_model("auth", "User").objects.get_or_create(username="owner")
    video = old.get_model("uploads", "Video").objects.create(
        owner=owner, size_bytes=1, noticed_by="sweep", source_key=status
    )
    job = old.get_model("transcoding", "Job").objects.create(video=video, status=status)
    for number, attempt_status in enumerate(attempts, start=1):
        attempt = old.get_model("transcoding", "Attempt").objects.create(
            job=job, number=number, status=attempt_status, launcher="celery"
        )
        rendition = old.get_model("transcoding", "Rendition").objects.create(attempt=attempt, quality="720p")
        old.get_model("transcoding", "Segment").objects.create(
            rendition=rendition, number=0, duration_seconds=4.0, size_bytes=number
        )
    return job


@pytest.fixture(autouse=True)
def migrated_again() -> Iterator[None]:
    """Leave the database as other tests need it."""
    yield
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_a_video_that_was_tried_twice_plays_from_where_its_last_attempt_wrote() -> None:
    old = migrated(BEFORE)
    succeeded = job_of(old, status="SUCCEEDED", attempts=["LOST", "SUCCEEDED"])
    waiting = job_of(old, status="QUEUED", attempts=["LOST"])

    new = migrated(AFTER)

    job = new.get_model("transcoding", "Job").objects.get(pk=succeeded.pk)
    segment = new.get_model("transcoding", "Segment").objects.get(rendition__job=job)
    assert job.prefix == f"renditions/{job.video_id}/{job.pk}/2/"
    assert (segment.size_bytes, segment.attempt.number) == (2, 2)
    begun_anew = new.get_model("transcoding", "Job").objects.get(pk=waiting.pk)
    assert (begun_anew.prefix, begun_anew.renditions.count()) == ("", 0)
