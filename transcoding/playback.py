"""What a player is given of an attempt: playlists and image addresses, with presigned URLs inside."""

from datetime import UTC, datetime
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from transcoding.models import Attempt, Rendition, Segment
from transcoding.playlists import Entry, Variant, media, multivariant, storyboard
from transcoding.queries import Measured, measured
from transcoding.states import RenditionKind, RenditionStatus
from uploads.stores import get_store

CONTENT_TYPE = "application/vnd.apple.mpegurl"
PLAYLISTS_KEPT = 32
"""Media playlists kept as text: one of two hours takes 40 ms to make, and while it grows a hundred watchers ask for it
every few seconds.
"""


def multivariant_playlist(attempt: Attempt) -> str:
    """Return the multivariant playlist of what can be played; media playlists are named beside it."""
    begun = attempt.renditions.filter(segments__number=0).order_by("rank")
    facts = measured(begun)
    audio = next((r for r in begun if r.kind == RenditionKind.AUDIO), None)
    variants = [
        _variant(rendition, facts[rendition.pk], audio, facts[audio.pk] if audio else None)
        for rendition in begun
        if rendition.kind == RenditionKind.VIDEO
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


def media_playlist(attempt: Attempt, quality: str) -> str | None:
    """Return the media playlist of one quality, or None when there is nothing of it yet."""
    rendition = attempt.renditions.filter(quality=quality).first()
    if rendition is None:
        return None
    return _media_playlist(
        rendition.pk,
        f"{attempt.output_prefix}{quality}/",
        count=rendition.segments.count(),
        ended=rendition.status == RenditionStatus.READY,
        expires_at=url_expiry(timezone.now()),
    )


@lru_cache(maxsize=PLAYLISTS_KEPT)
def _media_playlist(rendition_id: int, prefix: str, *, count: int, ended: bool, expires_at: datetime) -> str | None:
    """Return the playlist of a rendition with so many segments: as long as none is added, it stays the same."""
    segments = Segment.objects.filter(rendition=rendition_id).order_by("number")
    # A hole would end playback: only what follows without a gap is shown.
    whole = [
        Entry(uri=_url(f"{prefix}seg_{number:05}.m4s", expires_at), duration_seconds=seconds)
        for place, (number, seconds) in enumerate(segments.values_list("number", "duration_seconds"))
        if number == place
    ]
    if not whole:
        return None
    init_uri = _url(f"{prefix}init.mp4", expires_at)
    return media(whole, init_uri=init_uri, target_seconds=settings.SEGMENT_SECONDS, ended=ended)


def poster_url(attempt: Attempt) -> str | None:
    """Return the address of the poster, or None."""
    return _url(f"{attempt.output_prefix}poster.jpg") if attempt.job.poster else None


def storyboard_vtt(attempt: Attempt) -> str | None:
    """Return the WebVTT of the storyboard, or None."""
    if not (facts := attempt.job.storyboard):
        return None
    return storyboard(
        _url(f"{attempt.output_prefix}storyboard.jpg"),
        tile_width=facts["tileWidth"],
        tile_height=facts["tileHeight"],
        columns=facts["columns"],
        count=facts["count"],
        interval_seconds=facts["intervalSeconds"],
    )


def _url(key: str, expires_at: datetime | None = None) -> str:
    return get_store().sign_get(key, expires_at=expires_at or url_expiry(timezone.now()))


def url_expiry(now: datetime) -> datetime:
    """Return when URLs made now expire: the same for a whole window, so that caches know the URL again.

    A URL is good for at least one window of settings.PLAYBACK_URL_SECONDS and at most two.
    """
    window = settings.PLAYBACK_URL_SECONDS
    return datetime.fromtimestamp((now.timestamp() // window + 2) * window, tz=UTC)
