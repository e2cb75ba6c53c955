"""Pages to read."""

from django.http import HttpRequest

NOTHING = "—"
"""Shown where there is nothing to show: Django has its own sign for fields alone."""


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
