"""Every address of the site, by app."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from vidsite.api import api


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this web process answers."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns = [
    path("healthz", healthz),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("uploads.urls")),
    path("", include("progress.urls")),
]
