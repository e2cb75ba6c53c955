"""What a player is given of a job: playlists and image addresses, with presigned URLs inside.

Where there is a CDN, what belongs to a public video has its plain address there instead.
"""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from transcoding.models import Job, Rendition, Segment
from transcoding.playlists import Entry, Variant, media, multivariant, storyboard
from transcoding.queries import Measured, measured
from transcoding.recipes import recipe_of
from transcoding.states import RenditionKind, RenditionStatus
from uploads.models import Visibility
from uploads.stores import get_store

Window = tuple[datetime, datetime]

CONTENT_TYPE = "application/vnd.apple.mpegurl"
PLAYLISTS_KEPT = 32
"""Media playlists kept: one of two hours takes 40 ms to make, and while it grows a hundred watchers ask for it every
few seconds. They are kept as they are sent, by gzip: in a tenth of the room where temporary credentials sign, whose
token of a thousand letters stands in every URL.
"""
GZIP_LEVEL = 4
MOST_BEHIND_SECONDS = 30
"""A quality that is further behind the furthest is not offered yet: whoever chose it would wait for the encoder."""


def multivariant_playlist(job: Job) -> str:
    """Return the multivariant playlist of what can be played; media playlists are named beside it."""
    begun = job.renditions.filter(segments__number=0).order_by("rank")
    facts = measured(begun, target_seconds=recipe_of(job).segment_seconds)
    audio = next((r for r in begun if r.kind == RenditionKind.AUDIO), None)
    pictures = [r for r in begun if r.kind == RenditionKind.VIDEO]
    furthest = max((facts[r.pk].seconds for r in pictures), default=0.0)
    variants = [
        _variant(rendition, facts[rendition.pk], audio, facts[audio.pk] if audio else None)
        for rendition in pictures
        if facts[rendition.pk].seconds >= furthest - MOST_BEHIND_SECONDS
    ]
    return multivariant(variants, audio_uri=f"{audio.quality}.m3u8" if audio else None)


def _variant(video: Rendition, facts: Measured, audio: Rendition | None, audio_facts: Measured | None) -> Variant:
    peak, average = facts.peak_bits_per_second, facts.average_bits_per_second
    if audio_facts is not None:
        peak += audio_facts.peak_bits_per_second
        average += audio_facts.average_bits_per_second
    return Variant(
        uri=f"{video.quality}.m3u8",
        bandwidth=round(peak),
        average_bandwidth=round(average),
        codecs=[video.codecs, *([audio.codecs] if audio else [])],
        width=video.width or 0,
        height=video.height or 0,
        frame_rate=video.frame_rate,
        has_audio=audio is not None,
    )


def media_playlist(job: Job, quality: str) -> bytes | None:
    """Return the media playlist of one quality, compressed by gzip, or None when there is nothing of it yet."""
    rendition = job.renditions.filter(quality=quality).first()
    if rendition is None:
        return None
    public = _is_public(job)
    return _media_playlist(
        rendition.pk,
        f"{job.output_prefix}{quality}/",
        count=rendition.segments.count(),
        # Together, as a player that changes from one to another expects of them.
        ended=not job.renditions.exclude(status=RenditionStatus.READY).exists(),
        target_seconds=recipe_of(job).segment_seconds,
        public=public,
        window=url_window(timezone.now()),
        signer_id="" if public else get_store().signer_id,
    )


@lru_cache(maxsize=PLAYLISTS_KEPT)
def _media_playlist(
    rendition_id: int,
    prefix: str,
    *,
    count: int,
    ended: bool,
    target_seconds: int,
    public: bool,
    window: Window,
    signer_id: str,
) -> bytes | None:
    """Return the playlist of a rendition with so many segments: as long as none is added, it stays the same.

    Until the URLs in it end, that is, or the credentials that signed them may.
    """
    address = _addresses(public=public, window=window)
    segments = Segment.objects.filter(rendition=rendition_id).order_by("number")
    # A hole would end playback: only what follows without a gap is shown.
    whole = [
        Entry(uri=address(f"{prefix}seg_{number:05}.m4s"), duration_seconds=seconds)
        for place, (number, seconds) in enumerate(segments.values_list("number", "duration_seconds"))
        if number == place
    ]
    if not whole:
        return None
    init_uri = address(f"{prefix}init.mp4")
    text = media(whole, init_uri=init_uri, target_seconds=target_seconds, ended=ended)
    return gzip.compress(text.encode(), GZIP_LEVEL, mtime=0)


def poster_url(job: Job) -> str | None:
    """Return the address of the poster, or None."""
    return _url(job, "poster.jpg") if job.poster else None


def storyboard_vtt(job: Job) -> str | None:
    """Return the WebVTT of the storyboard, or None."""
    if not (facts := job.storyboard):
        return None
    return storyboard(
        _url(job, "storyboard.jpg"),
        tile_width=facts["tileWidth"],
        tile_height=facts["tileHeight"],
        columns=facts["columns"],
        count=facts["count"],
        interval_seconds=facts["intervalSeconds"],
    )


def _url(job: Job, name: str) -> str:
    address = _addresses(public=_is_public(job), window=url_window(timezone.now()))
    return address(f"{job.output_prefix}{name}")


def _is_public(job: Job) -> bool:
    return bool(settings.CDN_URL) and job.video.visibility == Visibility.PUBLIC


def _addresses(*, public: bool, window: Window) -> Callable[[str], str]:
    """Return what makes the address of an object's key."""
    if public:
        return lambda key: f"{settings.CDN_URL}/{key}"
    store, (starts_at, expires_at) = get_store(), window
    return lambda key: store.sign_get(key, starts_at=starts_at, expires_at=expires_at)


def url_window(now: datetime) -> Window:
    """Return from when until when URLs made now are good: the same for a while, so that caches know the URL again.

    A URL is good for at least one window of settings.PLAYBACK_URL_SECONDS and at most two.
    """
    seconds = settings.PLAYBACK_URL_SECONDS
    start = now.timestamp() // seconds * seconds
    return datetime.fromtimestamp(start, tz=UTC), datetime.fromtimestamp(start + 2 * seconds, tz=UTC)
