"""Every address of the site, by app."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.templatetags.static import static
from django.urls import include, path

from vidsite.api import api


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this web process answers."""
    return HttpResponse("ok", content_type="text/plain")


def favicon(request: HttpRequest) -> HttpResponse:
    """Answer browsers that ask for the icon where pages do not name it, as those of the admin do not."""
    return HttpResponseRedirect(static("progress/icon.svg"))


admin.site.site_header = admin.site.site_title = "vidsite operations"
admin.site.index_title = "What runs here"

urlpatterns = [
    path("healthz", healthz),
    path("favicon.ico", favicon),
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("uploads.urls")),
    path("", include("transcoding.urls")),
    path("", include("progress.urls")),
]
