"""Playlists and images, each authorised for its video."""

import gzip
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_safe

from progress.services import get_video
from transcoding import playback
from transcoding.models import Job
from transcoding.queries import job_to_play
from uploads.errors import NotFound

NEVER_KEPT = "private, no-store"
"""By a cache: a playlist grows while encoding goes on, and its URLs are for this user."""


def _job(request: HttpRequest, video_id: UUID) -> Job:
    try:
        video = get_video(user=request.user, video_id=video_id)
    except NotFound as error:
        raise Http404 from error
    job = job_to_play(video)
    if job is None:
        raise Http404("This video cannot be played yet.")
    return job


def _text(body: str | None, content_type: str) -> HttpResponse:
    if body is None:
        raise Http404
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": NEVER_KEPT})


@require_safe
def multivariant(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Serve the multivariant playlist."""
    return _text(playback.multivariant_playlist(_job(request, video_id)), playback.CONTENT_TYPE)


@require_safe
def media(request: HttpRequest, video_id: UUID, quality: str) -> HttpResponse:
    """Serve the media playlist of one quality."""
    packed = playback.media_playlist(_job(request, video_id), quality)
    if packed is None:
        raise Http404
    headers = {"Cache-Control": NEVER_KEPT, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(
            packed, content_type=playback.CONTENT_TYPE, headers={**headers, "Content-Encoding": "gzip"}
        )
    return HttpResponse(gzip.decompress(packed), content_type=playback.CONTENT_TYPE, headers=headers)


@require_safe
def poster(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Redirect to the poster."""
    url = playback.poster_url(_job(request, video_id))
    if url is None:
        raise Http404
    return HttpResponseRedirect(url, headers={"Cache-Control": "private, max-age=60"})


@require_safe
def storyboard(request: HttpRequest, video_id: UUID) -> HttpResponse:
    """Serve the storyboard's cues."""
    return _text(playback.storyboard_vtt(_job(request, video_id)), "text/vtt; charset=utf-8")
