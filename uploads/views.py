"""The upload page."""

import logging

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie

from uploads.api import UploadOut, unfinished
from uploads.naming import EXTENSIONS
from uploads.stores import StoreError

logger = logging.getLogger(__name__)


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
        "unfinished": [item.model_dump(mode="json", by_alias=True) for item in _unfinished(request)],
    }
    return render(request, "uploads/upload.html", context)


def _unfinished(request: HttpRequest) -> list[UploadOut]:
    """List the unfinished uploads; while the store does not answer, nobody can go on with one anyway."""
    try:
        return unfinished(request).items
    except StoreError:
        logger.exception("The upload page is shown without the unfinished uploads")
        return []
