"""Give transcoders the chunks of a film, one at a time, each to one of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from transcoding.chunk_planning import Coverage, Film, PlannedChunk, Stretch, next_chunk, stretches_of
from transcoding.models import Attempt, Chunk, Job, Segment
from transcoding.recipes import recipe_of
from transcoding.schemas import ChunkClaimIn
from transcoding.services import lease_from_now
from transcoding.states import AttemptStatus
from uploads.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedChunk:
    """The chunk, or None when every one was given; then `wait` says that others have not finished theirs.

    `made` is what others have made, by quality.
    """

    chunk: PlannedChunk | None
    wait: bool
    made: Mapping[str, list[Stretch]]


def chunk_claim(*, job_id: UUID, attempt_number: int, claim: ChunkClaimIn) -> ClaimedChunk | AttemptStatus:
    """Give an attempt its next chunk; return how the attempt ended instead when it is over.

    The answer may be lost: asked again with the same number, it is the same chunk. Raises NotFound for an unknown
    attempt.
    """
    with transaction.atomic():
        # The row lock makes the claims of one film follow each other; those of others go on beside them.
        job = Job.objects.select_for_update().filter(pk=job_id).first()
        attempt = Attempt.objects.filter(job_id=job_id, number=attempt_number).first()
        if job is None or attempt is None:
            raise NotFound
        if not Attempt.objects.renew(attempt.pk, now=timezone.now(), lease_until=lease_from_now()):
            return AttemptStatus(attempt.status)
        film = Film(
            qualities=tuple(claim.qualities),
            segments=Job.objects.cut(job_id, segments=claim.segments),
            segment_seconds=recipe_of(job).segment_seconds,
            in_one_piece=claim.in_one_piece,
        )
        segments = Segment.objects.filter(rendition__job=job, rendition__quality__in=film.qualities)
        # What this attempt claimed before is made, though its reports may not have told yet.
        done = _covered(segments, Chunk.objects.filter(attempt=attempt).exclude(number=claim.number))
        given = Chunk.objects.filter(attempt=attempt, number=claim.number).first()
        chunk: PlannedChunk | None
        if given is not None:
            chunk = PlannedChunk(first=given.first, count=given.count, qualities=tuple(given.qualities))
        else:
            taken = _covered(segments, Chunk.objects.in_hand(job))
            chunk = next_chunk(film, taken, speed=claim.speed)
            if chunk is not None:
                Chunk.objects.create(
                    attempt=attempt, number=claim.number, first=chunk.first, count=chunk.count,
                    qualities=list(chunk.qualities),
                )  # fmt: skip
        return ClaimedChunk(
            chunk=chunk,
            wait=chunk is None and next_chunk(film, done, speed=None) is not None,
            made=_stretches(segments.exclude(attempt=attempt)),
        )


def _covered(segments: QuerySet[Segment], chunks: QuerySet[Chunk]) -> dict[str, Coverage]:
    stretches = _stretches(segments)
    for chunk in chunks:
        for quality in chunk.qualities:
            stretches.setdefault(quality, []).append((chunk.first, chunk.first + chunk.count))
    return {quality: Coverage(found) for quality, found in stretches.items()}


def _stretches(segments: QuerySet[Segment]) -> dict[str, list[Stretch]]:
    """Return the stretches of segments of each quality: numbers are read only where there are holes between them."""
    counted = segments.values_list("rendition__quality").annotate(count=Count("pk"), last=Max("number")).order_by()
    stretches = {}
    for quality, count, last in counted:
        if count == last + 1:
            stretches[quality] = [(0, count)]
        else:
            numbers = segments.filter(rendition__quality=quality).order_by("number").values_list("number", flat=True)
            stretches[quality] = stretches_of(list(numbers))
    return stretches
