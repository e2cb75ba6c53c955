"""Jobs in the admin: what an operator reads at a glance, and two things to do about it."""

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Avg, Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from transcoding import services
from transcoding.models import Attempt, Job, JobEvent
from transcoding.queries import renditions_of
from uploads.errors import UserError


class ReadOnly:
    """Facts are not edited: a status changes through services only.

    A form without fields has a Save button all the same, which would write the whole row back as it was read.
    """

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        # The list, which asks without an object, keeps its actions.
        return obj is None and super().has_change_permission(request)  # type: ignore[misc]  # of the admin class beside

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class AttemptInline(ReadOnly, admin.StackedInline[Attempt, Job]):
    model = Attempt
    extra = 0
    ordering = ("-number",)
    fields = readonly_fields = (
        "number", "status", "launcher", "external_id", "launched_at", "started_at", "heartbeat_at", "lease_until",
        "ended_at", "end_reason", "cpu_seconds", "log",
    )  # fmt: skip

    @admin.display(description="log tail")
    def log(self, attempt: Attempt) -> SafeString:
        return format_html("<pre>{}</pre>", attempt.log_tail or "—")


class EventInline(ReadOnly, admin.TabularInline[JobEvent, Job]):
    model = JobEvent
    extra = 0
    ordering = ("at", "pk")
    fields = readonly_fields = ("at", "old", "new", "reason")


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin[Job]):
    list_display = (
        "video",
        "number",
        "status",
        "stage",
        "progress",
        "tries",
        "error_code",
        "created_at",
        "ended_at",
    )
    list_filter = ("status",)
    search_fields = ("=id", "=video__id", "video__title", "video__owner__username", "error_code")
    list_select_related = ("video",)
    ordering = ("-created_at",)
    inlines = (AttemptInline, EventInline)
    actions = ("retry", "cancel")
    fields = readonly_fields = (
        "video", "owner", "number", "status", "stage", "qualities", "error_code", "error_message", "speed",
        "duration_seconds", "encoded_seconds", "source_info", "version", "created_at", "started_at", "ended_at",
        "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        newest = Q(attempts__status__in=["LAUNCHED", "RUNNING", "SUCCEEDED"])
        return (
            super()
            .get_queryset(request)
            .annotate(
                percent=Avg("attempts__renditions__percent", filter=newest),
                tried=Count("attempts", distinct=True),
            )
        )

    @admin.display(description="owner")
    def owner(self, job: Job) -> str:
        return job.video.owner.get_username()

    @admin.display(description="progress", ordering="percent")
    def progress(self, job: Job) -> SafeString:
        percent = round(getattr(job, "percent", None) or 0)
        return format_html('<progress max="100" value="{0}" style="width: 5em"></progress> {0} %', percent)

    @admin.display(description="attempts")
    def tries(self, job: Job) -> int:
        return int(getattr(job, "tried", 0))

    @admin.display(description="qualities")
    def qualities(self, job: Job) -> SafeString:
        """Show a bar for each quality of the newest attempt."""
        rows = ((r.quality, r.percent, r.percent, r.get_status_display()) for r in renditions_of(job))
        line = '<div>{} <progress max="100" value="{}"></progress> {} % {}</div>'
        return format_html_join("", line, rows) or format_html("{}", "—")

    @admin.action(description="Try again: start a new job for the same video", permissions=["change"])
    def retry(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            try:
                services.job_retry(job_id=job.pk, by=request.user.get_username())
            except UserError as error:
                self.message_user(request, f"{job}: {error.message}", messages.ERROR)
            else:
                self._record(request, job, "Tried again")

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        for job in queryset:
            if services.job_cancel(job_id=job.pk, by=request.user.get_username()):
                self._record(request, job, "Cancelled")
            else:
                self.message_user(request, f"{job}: it is over already.", messages.WARNING)

    def _record(self, request: HttpRequest, job: Job, deed: str) -> None:
        LogEntry.objects.log_actions(request.user.pk or 0, [job], CHANGE, deed, single_object=True)
        self.message_user(request, f"{deed}: {job}.", messages.SUCCESS)
