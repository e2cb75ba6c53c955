"""The list of jobs, and the page of one."""

from typing import Any

from django.contrib import admin
from django.db.models import Avg, Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from transcoding import costs
from transcoding.admin.attempts import AttemptInline
from transcoding.admin.deeds import CANCEL, RETRY, carry_out, deeds_for
from transcoding.admin.machines import at_a_glance
from transcoding.admin.money import estimate_text, total_of, total_text
from transcoding.admin.read_only import NOTHING, ReadOnly
from transcoding.models import Attempt, Job, JobEvent
from transcoding.queries import renditions_of
from transcoding.states import WAITING_JOB


class EventInline(ReadOnly, admin.TabularInline[JobEvent, Job]):
    model = JobEvent
    extra = 0
    ordering = ("at", "pk")
    fields = readonly_fields = ("at", "old", "new", "reason")


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    class Media:
        css = {"all": ["transcoding/admin.css"]}

    list_display = (
        "video", "number", "status", "stage", "progress", "tries", "machine", "error_code", "created_at", "ended_at",
    )  # fmt: skip
    list_filter = ("status",)
    search_fields = ("=id", "=video__id", "video__title", "video__owner__username", "error_code")
    list_select_related = ("video",)
    ordering = ("-created_at",)
    inlines = (AttemptInline, EventInline)
    actions = ("retry", "cancel")
    change_form_template = "transcoding/admin/job.html"
    fields = readonly_fields = (
        "video", "owner", "number", "status", "stage", "qualities", "machine", "estimate", "cost", "cost_of_video",
        "error_code", "error_message", "speed", "duration_seconds", "encoded_seconds", "source_info", "version",
        "created_at", "started_at", "ended_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        newer = Job.objects.filter(video=OuterRef("video"), number__gt=OuterRef("number"))
        attempts = Attempt.objects.defer("log_tail").order_by("-number")
        return (
            super()
            .get_queryset(request)
            .annotate(percent=Avg("renditions__percent"), has_newer=Exists(newer))
            .prefetch_related(Prefetch("attempts", queryset=attempts, to_attr="newest_first"))
        )

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        *args: Any,  # noqa: ANN401 — handed on
        **kwargs: Any,  # noqa: ANN401 — handed on
    ) -> HttpResponse:
        """Offer what can be done to the job, to those who may."""
        job: Job | None = kwargs["obj"]
        context["deeds"] = deeds_for(job) if job and self.has_change_permission(request) else []
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="owner")
    def owner(self, job: Job) -> str:
        return job.video.owner.get_username()

    @admin.display(description="progress", ordering="percent")
    def progress(self, job: Job) -> SafeString:
        percent = round(getattr(job, "percent", None) or 0)
        return format_html('<progress max="100" value="{0}" style="width: 5em"></progress> {0} %', percent)

    @admin.display(description="attempts")
    def tries(self, job: Job) -> int:
        return len(_newest_first(job))

    @admin.display(description="launcher")
    def machine(self, job: Job) -> str:
        attempts = _newest_first(job)
        return at_a_glance(attempts[0]) if attempts else NOTHING

    @admin.display(description="qualities")
    def qualities(self, job: Job) -> SafeString:
        """Show a bar for each quality."""
        rows = ((r.quality, r.percent, r.percent, r.get_status_display()) for r in renditions_of(job))
        line = '<div>{} <progress max="100" value="{}"></progress> {} % {}</div>'
        return format_html_join("", line, rows) or format_html("{}", NOTHING)

    @admin.display(description="estimated cost of a run")
    def estimate(self, job: Job) -> str:
        """Return what the run ahead will cost, of a job that waits for one or may be tried again."""
        is_ahead = job.status in WAITING_JOB or RETRY.can_be_done_to(job)
        return estimate_text(costs.estimate_of(job.video)) if is_ahead else NOTHING

    @admin.display(description="cost so far")
    def cost(self, job: Job) -> str:
        return total_text(total_of(_newest_first(job)))

    @admin.display(description="cost of all jobs of the video")
    def cost_of_video(self, job: Job) -> str:
        return total_text(costs.total_of_video(job.video_id))

    @admin.action(description=f"{RETRY.verb}: start a new job for the same video", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return carry_out(self, request, queryset, RETRY)

    @admin.action(description=CANCEL.verb, permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> HttpResponse | None:
        return carry_out(self, request, queryset, CANCEL)


def _newest_first(job: Job) -> list[Attempt]:
    """Return the attempts that came with the job."""
    attempts: list[Attempt] = getattr(job, "newest_first", [])
    return attempts
