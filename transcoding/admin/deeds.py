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
MOST_AT_ONCE = 500
"""Each job is a field of the question, and Django takes no form of more than DATA_UPLOAD_MAX_NUMBER_FIELDS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """One thing that can be done to some jobs. `do` returns the job to look at then; it raises UserError."""

    action: str
    verb: str
    done: str
    means: str
    statuses: frozenset[JobStatus]
    do: Callable[[Job, str], UUID]

    def can_be_done_to(self, job: Job) -> bool:
        """Say whether a job allows it: only its video's newest one does, for what came before that is history.

        The job has to come from JobAdmin.get_queryset.
        """
        return job.status in self.statuses and not getattr(job, "has_newer", False)


def _retry(job: Job, by: str) -> UUID:
    return services.job_retry(job_id=job.pk, by=by).pk


def _cancel(job: Job, by: str) -> UUID:
    if not services.job_cancel(job_id=job.pk, by=by):
        raise UserError("job.over", "It is over already.", status=409)
    return job.pk


RETRY = Deed(
    action="retry", verb="Try again", done="Tried again", do=_retry,
    statuses=frozenset({JobStatus.FAILED, JobStatus.CANCELLED}),
    means="A new job starts for the video of each of these. What a run costs is paid once more.",
)  # fmt: skip
CANCEL = Deed(
    action="cancel", verb="Cancel", done="Cancelled", statuses=LIVE_JOB, do=_cancel,
    means="The transcoders of these stop within seconds. What they have used by then is paid.",
)  # fmt: skip


def deeds_for(job: Job) -> list[Deed]:
    """Return what can be done to a job as it is."""
    return [deed for deed in (RETRY, CANCEL) if deed.can_be_done_to(job)]


def carry_out(admin: ModelAdmin[Job], request: HttpRequest, jobs: QuerySet[Job], deed: Deed) -> HttpResponse | None:
    """Ask, or do what was asked before. What came of a single job is shown on its page."""
    if CONFIRMED not in request.POST:
        return _ask(admin, request, jobs, deed)
    then = [_do(admin, request, job, deed) for job in jobs]
    return redirect("admin:transcoding_job_change", then[0]) if len(then) == 1 else None


def _ask(admin: ModelAdmin[Job], request: HttpRequest, jobs: Iterable[Job], deed: Deed) -> HttpResponse | None:
    chosen: Sequence[Job] = list(jobs)
    if len(chosen) > MOST_AT_ONCE:
        admin.message_user(request, f"Choose {MOST_AT_ONCE} jobs at most: these are {len(chosen)}.", messages.ERROR)
        return None
    able = [job for job in chosen if deed.can_be_done_to(job)]
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
