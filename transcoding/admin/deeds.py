"""What an operator does to jobs, in two steps: the first shows what it is about, the second does it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import ModelAdmin, helpers
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from transcoding import services
from transcoding.admin.estimates import estimates_of
from transcoding.models import Job
from transcoding.states import LIVE_JOB, JobStatus
from uploads.errors import UserError

CONFIRMED = "confirmed"
UNDONE_JOB = frozenset({JobStatus.FAILED, JobStatus.CANCELLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that can be done to some jobs. `do` returns the job to look at then; it raises UserError."""

    action: str
    verb: str
    done: str
    means: str
    can_be_done_to: frozenset[JobStatus]
    do: Callable[[Job, str], UUID]


def _retry(job: Job, by: str) -> UUID:
    return services.job_retry(job_id=job.pk, by=by).pk


def _cancel(job: Job, by: str) -> UUID:
    if not services.job_cancel(job_id=job.pk, by=by):
        raise UserError("job.over", "It is over already.", status=409)
    return job.pk


RETRY = Deed(
    action="retry", verb="Try again", done="Tried again", can_be_done_to=UNDONE_JOB, do=_retry,
    means="A new job starts for the video of each of these. What a run costs is paid once more.",
)  # fmt: skip
CANCEL = Deed(
    action="cancel", verb="Cancel", done="Cancelled", can_be_done_to=LIVE_JOB, do=_cancel,
    means="The transcoders of these stop within seconds. What they have used by then is paid.",
)  # fmt: skip


def deeds_for(job: Job) -> list[Deed]:
    """Return what can be done to a job as it is."""
    return [deed for deed in (RETRY, CANCEL) if job.status in deed.can_be_done_to]


def carry_out(admin: ModelAdmin[Job], request: HttpRequest, jobs: QuerySet[Job], deed: Deed) -> HttpResponse | None:
    """Ask, or do what was asked before. What came of a single job is shown on its page."""
    if CONFIRMED not in request.POST:
        return _ask(admin, request, jobs, deed)
    then = [_do(admin, request, job, deed) for job in jobs]
    return redirect("admin:transcoding_job_change", then[0]) if len(then) == 1 else None


def _ask(admin: ModelAdmin[Job], request: HttpRequest, jobs: Iterable[Job], deed: Deed) -> HttpResponse:
    chosen: Sequence[Job] = list(jobs)
    able = [job for job in chosen if job.status in deed.can_be_done_to]
    context = {
        **admin.admin_site.each_context(request),
        "title": f"{deed.verb}?",
        "opts": admin.opts,
        "media": admin.media,
        "deed": deed,
        "estimates": estimates_of(able),
        "left_out": [job for job in chosen if job not in able],
        "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
    }
    return TemplateResponse(request, "transcoding/admin/confirm.html", context)


def _do(admin: ModelAdmin[Job], request: HttpRequest, job: Job, deed: Deed) -> UUID:
    """Do it to one job, say what came of it, and return the job to look at."""
    try:
        then = deed.do(job, request.user.get_username())
    except UserError as error:
        admin.message_user(request, f"{job}: {error.message}", messages.ERROR)
        return job.pk
    LogEntry.objects.log_actions(request.user.pk or 0, [job], CHANGE, deed.done, single_object=True)
    admin.message_user(request, f"{deed.done}: {job}.", messages.SUCCESS)
    return then
