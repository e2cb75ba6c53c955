"""Videos in the admin: facts to read, nothing to break."""

from django.contrib import admin
from django.http import HttpRequest

from uploads.models import Video


@admin.register(Video)
class VideoAdmin(admin.ModelAdmin[Video]):
    list_display = ("title", "owner", "visibility", "upload_status", "size_bytes", "created_at", "deleted_at")
    list_filter = ("upload_status", "visibility")
    search_fields = ("=id", "title", "file_name", "owner__username")
    list_select_related = ("owner",)
    ordering = ("-created_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Video | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Video | None = None) -> bool:
        return False
