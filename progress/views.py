"""The library and the watch page."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from progress.presenters import video_out, videos_out
from progress.services import get_video
from uploads.errors import NotFound
from uploads.models import Video

PAGE = 24


@require_GET
@ensure_csrf_cookie
@login_required
def library(request: HttpRequest) -> HttpResponse:
    """List my videos."""
    videos: QuerySet[Video, Any] = Video.objects.owned_by(request.user).order_by("-created_at")
    page: Page[Any] = Paginator(videos, PAGE).get_page(request.GET.get("page"))
    page.object_list = [out.model_dump(mode="json", by_alias=True) for out in videos_out(list(page), request.user)]
    return render(request, "progress/library.html", {"page_obj": page})


@require_GET
@ensure_csrf_cookie
def watch(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Show the player and how far each quality is."""
    try:
        video = get_video(user=request.user, video_id=video_id)
    except NotFound as error:
        raise Http404 from error
    return render(
        request,
        "progress/watch.html",
        {"video": video_out(video, request.user).model_dump(mode="json", by_alias=True)},
    )
