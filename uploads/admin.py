"""Videos in the admin, and what the store said of their sources: facts to read, nothing to break."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from uploads.models import Arrival, EventTally, Video
from uploads.stores import StoreError, get_store

LINK_LIFETIME = timedelta(minutes=10)


class ReadOnly:
    """Nothing here is made, changed or removed by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ArrivalInline(ReadOnly, admin.TabularInline[Arrival, Video]):
    model = Arrival
    extra = 0
    ordering = ("noticed_at",)
    fields = readonly_fields = ("version", "taken", "noticed_by", "noticed_at", "messages", "bucket")


@admin.register(Video)
class VideoAdmin(ReadOnly, admin.ModelAdmin[Video]):
    list_display = (
        "title", "owner", "visibility", "upload_status", "noticed_by", "rejection", "size_bytes", "created_at",
        "deleted_at",
    )  # fmt: skip
    list_filter = ("upload_status", "noticed_by", "visibility")
    search_fields = ("=id", "title", "file_name", "owner__username")
    list_select_related = ("owner",)
    ordering = ("-created_at",)
    inlines = (ArrivalInline,)
    facts_from_above: ClassVar[list[Callable[[Video], str]]] = []
    """What other apps know of a video: each adds a function of it, with @admin.display, when its admin is loaded."""

    def get_readonly_fields(self, request: HttpRequest, obj: Video | None = None) -> tuple[Any, ...]:
        return ("source", *self.facts_from_above)

    def get_urls(self) -> list[URLPattern]:
        download = self.admin_site.admin_view(self.download)
        return [path("<uuid:video_id>/source/", download, name="uploads_video_source"), *super().get_urls()]

    @admin.display(description="source")
    def source(self, video: Video) -> SafeString:
        if video.uploaded_at is None:
            return format_html("{}", "—")
        return format_html('<a href="{}">Download source</a>', reverse("admin:uploads_video_source", args=[video.pk]))

    def download(self, request: HttpRequest, video_id: UUID) -> HttpResponseRedirect:
        """Send whoever may view the video to a link to its source that is good for a while."""
        video = self.get_queryset(request).filter(pk=video_id).exclude(uploaded_at=None).first()
        if not self.has_view_permission(request, video):
            raise PermissionDenied
        if video is None:
            raise Http404
        now = timezone.now()
        try:
            url = get_store().sign_get(
                video.source_key, starts_at=now, expires_at=now + LINK_LIFETIME, download_name=video.file_name
            )
        except StoreError as error:
            self.message_user(request, f"The store gives no link to this source: {error}.", messages.ERROR)
            return redirect("admin:uploads_video_change", video.pk)
        return HttpResponseRedirect(url)


@admin.register(Arrival)
class ArrivalAdmin(ReadOnly, admin.ModelAdmin[Arrival]):
    list_display = ("noticed_at", "video", "version", "taken", "noticed_by", "messages")
    list_filter = ("noticed_by", "taken")
    search_fields = ("=video__id", "version")
    list_select_related = ("video",)
    ordering = ("-noticed_at",)


@admin.register(EventTally)
class EventTallyAdmin(ReadOnly, admin.ModelAdmin[EventTally]):
    list_display = ("day", "transport", "outcome", "count")
    list_filter = ("transport", "outcome")
    date_hierarchy = "day"
    ordering = ("-day", "transport", "outcome")
