"""The attempts on the page of a job."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from transcoding import costs
from transcoding.admin import machines
from transcoding.admin.console import console_url
from transcoding.admin.read_only import NOTHING, ReadOnly
from transcoding.models import Attempt, Job


class AttemptInline(ReadOnly, admin.StackedInline[Attempt, Job]):
    model = Attempt
    extra = 0
    ordering = ("-number",)
    fields = (
        ("number", "status", "launcher"),
        ("machine", "size"),
        "started_as",
        "launch_note",
        ("launched_at", "started_at", "ended_at"),
        ("heartbeat_at", "lease_until"),
        ("money", "paid", "wall"),
        ("used", "memory"),
        "end_reason",
        "log",
    )
    readonly_fields = (
        "number", "status", "launcher", "machine", "size", "started_as", "launch_note", "launched_at", "started_at",
        "ended_at", "heartbeat_at", "lease_until", "money", "paid", "wall", "used", "memory", "end_reason", "log",
    )  # fmt: skip

    @admin.display(description="ECS task")
    def machine(self, attempt: Attempt) -> str:
        return machines.state_with_age(attempt) or NOTHING

    @admin.display(description="machine")
    def size(self, attempt: Attempt) -> str:
        return machines.size(attempt) or NOTHING

    @admin.display(description="started as")
    def started_as(self, attempt: Attempt) -> SafeString | str:
        """Show the launcher's id of it: an ECS task's ARN leads to the AWS console."""
        url = console_url(attempt.external_id)
        if not url:
            return attempt.external_id or NOTHING
        link = '{} <a href="{}" target="_blank" rel="noopener">Open in the AWS console</a>'
        return format_html(link, attempt.external_id, url)

    @admin.display(description="cost")
    def money(self, attempt: Attempt) -> str:
        return NOTHING if attempt.cost is None else costs.money(attempt.cost, attempt.cost_currency)

    @admin.display(description="vCPU-seconds paid")
    def paid(self, attempt: Attempt) -> str:
        return f"{attempt.vcpu_seconds:.1f}" if attempt.vcpu_seconds else NOTHING

    @admin.display(description="CPU seconds used")
    def used(self, attempt: Attempt) -> str:
        return f"{attempt.cpu_seconds:.1f}" if attempt.cpu_seconds else NOTHING

    @admin.display(description="most memory used")
    def memory(self, attempt: Attempt) -> str:
        return f"{attempt.peak_memory_mib} MiB" if attempt.peak_memory_mib else NOTHING

    @admin.display(description="wall time")
    def wall(self, attempt: Attempt) -> str:
        return NOTHING if attempt.wall_seconds is None else machines.age_text(attempt.wall_seconds)

    @admin.display(description="log tail")
    def log(self, attempt: Attempt) -> SafeString:
        return format_html("<pre>{}</pre>", attempt.log_tail or NOTHING)
