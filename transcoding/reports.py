"""Take in what a transcoder reports: every value absolute, every repetition harmless."""

from typing import Literal
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from transcoding import costs
from transcoding.models import INTERRUPTED, Attempt, Job, Rendition, Segment
from transcoding.schemas import RenditionIn, ReportIn
from transcoding.services import (
    RETRY_DELAY_SECONDS,
    attempt_end,
    attempt_start,
    job_begin_anew,
    job_reject,
    lease_from_now,
)
from transcoding.signals import announce
from transcoding.states import AttemptStatus, JobStatus
from uploads.errors import NotFound, UserError

Answer = Literal["continue", "superseded", "cancelled"]


def report_record(*, job_id: UUID, attempt_number: int, report: ReportIn) -> Answer:
    """Record one report and say whether the transcoder goes on.

    Raises NotFound for an unknown attempt and UserError for a report that contradicts its job.
    """
    attempt = Attempt.objects.filter(job_id=job_id, number=attempt_number).select_related("job").first()
    if attempt is None:
        raise NotFound
    if report.attempt != attempt_number or report.video_id != attempt.job.video_id:
        raise UserError("report.wrong-job", "This token is for another video or attempt.", status=422)
    if attempt.status == AttemptStatus.LAUNCHED:
        attempt_start(job_id=job_id, number=attempt_number)
    try:
        answer = _record(attempt, report)
    except _OtherEncoderError:
        _record_use(attempt, report)
        job_begin_anew(attempt=attempt)
        return "superseded"
    if report.status == "FAILED" and answer == "continue":
        _fail(attempt, report)
    return answer


class _OtherEncoderError(Exception):
    """What an attempt made does not fit what those before it have made."""


def _record(attempt: Attempt, report: ReportIn) -> Answer:
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=attempt.job_id)
        _record_use(attempt, report)
        if not _renew(attempt):
            # What it used until it hears that it is over is paid for, too.
            costs.record(attempt.pk)
            return _answer_of_ended(attempt, report)
        is_first = not job.renditions.exists()
        qualities = _record_progress(job, attempt, report)
        if report.status == "SUCCEEDED":
            return _succeed(job, attempt)
        if report.status == "RUNNING":
            # Renditions that nobody has heard of yet are told whole, with their kind and size.
            is_new = is_first and bool(report.renditions)
            announce(job_id=job.pk, video_id=job.video_id, qualities=qualities, status_changed=is_new)
        return "continue"


def _record_use(attempt: Attempt, report: ReportIn) -> None:
    cpu_seconds, peak_memory_mib = report.cpu_seconds or 0, report.peak_memory_mib or 0
    Attempt.objects.used(attempt.pk, cpu_seconds=cpu_seconds, peak_memory_mib=peak_memory_mib)


def _renew(attempt: Attempt) -> bool:
    return Attempt.objects.renew(attempt.pk, now=timezone.now(), lease_until=lease_from_now())


def _answer_of_ended(attempt: Attempt, report: ReportIn) -> Answer:
    """A final state whose answer was lost is sent again: it is accepted as it was the first time."""
    attempt.refresh_from_db()
    if attempt.status == report.status:
        return "continue"
    return "cancelled" if attempt.status == AttemptStatus.CANCELLED else "superseded"


def _record_progress(job: Job, attempt: Attempt, report: ReportIn) -> frozenset[str]:
    changes: dict[str, object] = {"version": F("version") + 1, "updated_at": timezone.now()}
    # A report that was overtaken on its way brings segments and percentages, but no old stage back.
    is_newest = Attempt.objects.heard(attempt.pk, seq=report.seq)
    if report.stage and is_newest:
        changes["stage"] = report.stage
    if report.source is not None:
        changes["source_info"] = report.source.model_dump(by_alias=True)
        changes["duration_seconds"] = report.source.duration_seconds
    if report.encoded_seconds is not None:
        changes["encoded_seconds"] = max(report.encoded_seconds, job.encoded_seconds)
    if report.speed is not None and is_newest:
        changes["speed"] = report.speed
    for name in ("poster", "storyboard"):
        if (fact := getattr(report, name)) is not None:
            changes[name] = fact.model_dump(by_alias=True)
    Job.objects.filter(pk=job.pk).update(**changes)
    known = _declared(job, report)
    return frozenset(
        item.quality for item in report.renditions if _record_rendition(known[item.quality], item, attempt)
    )


def _declared(job: Job, report: ReportIn) -> dict[str, Rendition]:
    """Return the job's renditions by quality; the first report with renditions says which there are."""
    known = {rendition.quality: rendition for rendition in job.renditions.all()}
    if not known and report.renditions:
        if report.source is None or not all(_is_declared(item) for item in report.renditions):
            raise UserError(
                "report.undeclared",
                "The first renditions come with the source, their kind and a video's width and height.",
                status=422,
            )
        if len({item.quality for item in report.renditions}) < len(report.renditions):
            raise UserError("report.declared-twice", "A quality is declared once.", status=422)
        created = Rendition.objects.bulk_create(
            Rendition(
                job=job, quality=item.quality, kind=item.kind or "video", rank=rank, width=item.width,
                height=item.height, frame_rate=item.frame_rate, codecs=item.codecs,
            )
            for rank, item in enumerate(report.renditions)
        )  # fmt: skip
        known = {rendition.quality: rendition for rendition in created}
    if unknown := {item.quality for item in report.renditions} - known.keys():
        raise UserError("report.unknown-quality", f"This job has no {', '.join(sorted(unknown))}.", status=422)
    return known


def _is_declared(item: RenditionIn) -> bool:
    return item.kind == "audio" or (item.kind == "video" and bool(item.width and item.height))


def _record_rendition(rendition: Rendition, item: RenditionIn, attempt: Attempt) -> bool:
    """Record one rendition; True when what a person sees of it changed."""
    if item.segments and item.init_digest != rendition.init_digest and rendition.segments.exists():
        raise _OtherEncoderError
    if item.codecs and (item.codecs, item.init_digest) != (rendition.codecs, rendition.init_digest):
        Rendition.objects.filter(pk=rendition.pk).update(codecs=item.codecs, init_digest=item.init_digest)
    _record_segments(rendition, item, attempt)
    if item.status == "READY":
        return Rendition.objects.finish(rendition.pk)
    begun = item.status == "ENCODING" and Rendition.objects.begin(rendition.pk)
    grown = item.progress is not None and Rendition.objects.grow(rendition.pk, percent=item.progress)
    return begun or grown or bool(item.segments)


def _record_segments(rendition: Rendition, item: RenditionIn, attempt: Attempt) -> None:
    """Record segments: of two transcoders that made the same one, the first to tell has made it."""
    told = {segment.n: segment for segment in item.segments}
    known = set(rendition.segments.filter(number__in=told).values_list("number", flat=True))
    made = Segment.objects.bulk_create(
        Segment(rendition=rendition, attempt=attempt, number=n, duration_seconds=s.duration, size_bytes=s.bytes)
        for n, s in told.items()
        if n not in known
    )
    if made:
        Attempt.objects.filter(pk=attempt.pk, got_on=False).update(got_on=True)


def _succeed(job: Job, attempt: Attempt) -> Answer:
    unfinished = [r.quality for r in job.renditions.all() if r.status != "READY"]
    if unfinished or not job.renditions.exists():
        raise UserError(
            "report.not-ready",
            f"Not every rendition is READY: {', '.join(unfinished) or 'there is none'}.",
            status=422,
        )
    now = timezone.now()
    Attempt.objects.advance(attempt.pk, to=AttemptStatus.SUCCEEDED, ended_at=now, end_reason="finished")
    costs.record(attempt.pk)
    Job.objects.advance(
        job.pk, to=JobStatus.SUCCEEDED, ended_at=now, stage="", speed=None,
        encoded_seconds=F("duration_seconds"), reason=f"attempt {attempt.number} finished",
    )  # fmt: skip
    qualities = frozenset(r.quality for r in job.renditions.all())
    announce(job_id=job.pk, video_id=job.video_id, qualities=qualities, status_changed=True)
    return "continue"


def _fail(attempt: Attempt, report: ReportIn) -> None:
    error = report.error
    code = error.code if error else "platform.unknown"
    message = error.message if error else "The transcoder failed without saying why."
    if code.startswith("source."):
        job_reject(attempt=attempt, code=code, message=message, log_tail=report.log_tail)
        return
    # A transcoder that was told to stop is no fault: the next one may start at once.
    failed_before = Attempt.objects.that_failed(attempt.job).count()
    delay = 0 if code == INTERRUPTED else RETRY_DELAY_SECONDS * (failed_before + 1)
    attempt_end(
        attempt=attempt, status=AttemptStatus.FAILED, code=code, message=message, log_tail=report.log_tail,
        delay_seconds=delay,
    )  # fmt: skip
