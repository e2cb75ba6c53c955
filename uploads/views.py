"""The upload page."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from uploads.api import unfinished
from uploads.naming import EXTENSIONS


@ensure_csrf_cookie
@login_required
def upload_page(request: HttpRequest) -> HttpResponse:
    """Show the uploader with this user's unfinished uploads."""
    context = {
        "limits": {
            "maxUploadBytes": settings.MAX_UPLOAD_BYTES,
            "maxUnfinishedUploads": settings.MAX_UNFINISHED_UPLOADS,
            "extensions": sorted(EXTENSIONS),
        },
        "unfinished": [item.model_dump(mode="json", by_alias=True) for item in unfinished(request).items],
    }
    return render(request, "uploads/upload.html", context)
