"""Open connections in the admin: facts to read."""

from django.contrib import admin
from django.http import HttpRequest

from progress.models import Connection


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin[Connection]):
    list_display = ("user", "video", "server_id", "connected_at", "last_seen_at")
    list_select_related = ("user", "video")
    ordering = ("-connected_at",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False
