"""HLS playlists (RFC 8216) and what they say of their segments, pure: facts in, text out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

AUDIO_GROUP = "audio"
VERSION = 7
"""EXT-X-MAP in media playlists needs 6; fMP4 with independent segments is commonly declared as 7."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One video quality with the audio that goes with it; bits per second include both."""

    uri: str
    bandwidth: int
    average_bandwidth: int
    codecs: Sequence[str]
    width: int
    height: int
    frame_rate: float | None
    has_audio: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One segment."""

    uri: str
    duration_seconds: float


def multivariant(variants: Sequence[Variant], *, audio_uri: str | None) -> str:
    """Return the multivariant playlist. The first variant is the one a player begins with."""
    lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS"]
    if audio_uri is not None:
        lines.append(
            f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="{AUDIO_GROUP}",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,URI="{audio_uri}"'
        )
    for variant in variants:
        facts = [
            f"BANDWIDTH={variant.bandwidth}",
            f"AVERAGE-BANDWIDTH={variant.average_bandwidth}",
        ]
        if all(variant.codecs):  # a player takes a codec without a name for one it cannot play
            facts.append(f'CODECS="{",".join(variant.codecs)}"')
        facts.append(f"RESOLUTION={variant.width}x{variant.height}")
        if variant.frame_rate:
            facts.append(f"FRAME-RATE={variant.frame_rate:.3f}")
        if variant.has_audio:
            facts.append(f'AUDIO="{AUDIO_GROUP}"')
        lines += [f"#EXT-X-STREAM-INF:{','.join(facts)}", variant.uri]
    return "\n".join(lines) + "\n"


def media(entries: Sequence[Entry], *, init_uri: str, target_seconds: int, ended: bool) -> str:
    """Return a media playlist: EVENT while segments are still coming, VOD with an end when they are all there.

    `target_seconds` is the least EXT-X-TARGETDURATION, which may not change while segments are added.
    """
    target = _target_duration((entry.duration_seconds for entry in entries), least=target_seconds)
    lines = [
        "#EXTM3U",
        f"#EXT-X-VERSION:{VERSION}",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if ended else 'EVENT'}",
    ]
    if not ended:
        # A player takes a playlist without an end for live and would begin at its edge.
        lines.append("#EXT-X-START:TIME-OFFSET=0,PRECISE=YES")
    lines += ["#EXT-X-INDEPENDENT-SEGMENTS", f'#EXT-X-MAP:URI="{init_uri}"']
    for entry in entries:
        lines += [f"#EXTINF:{entry.duration_seconds:.6f},", entry.uri]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def peak_bit_rate(segments: Sequence[tuple[int, float]], *, target_seconds: int) -> float:
    """Return the peak bits per second of a playlist's segments, given in order as bytes and seconds.

    It is the largest of any run that lasts between half and one and a half target durations (RFC 8216 §4.1), so that
    a last sliver is no burst of its own, but counts with what is before it. A shorter video is one run.
    """
    target = _target_duration((seconds for _, seconds in segments), least=target_seconds)
    peak = 0.0
    for first in range(len(segments)):
        size_bytes, length = 0, 0.0
        for n in range(first, len(segments)):
            size_bytes, length = size_bytes + segments[n][0], length + segments[n][1]
            if length > target * 1.5:
                break
            if length >= target / 2:
                peak = max(peak, size_bytes * 8 / length)
    return peak or _bit_rate(segments)


def _bit_rate(segments: Sequence[tuple[int, float]]) -> float:
    seconds = sum(seconds for _, seconds in segments)
    return sum(size_bytes for size_bytes, _ in segments) * 8 / seconds if seconds else 0.0


def _target_duration(durations: Iterable[float], *, least: int) -> int:
    """Return the whole seconds that no duration exceeds once it is rounded."""
    return max(least, ceil(max(durations, default=0.0) - 0.5))


def storyboard(
    image_uri: str, *, tile_width: int, tile_height: int, columns: int, count: int, interval_seconds: float
) -> str:
    """Return WebVTT cues that each name a rectangle of the storyboard image."""
    lines = ["WEBVTT", ""]
    for n in range(count):
        x, y = n % columns * tile_width, n // columns * tile_height
        lines += [
            f"{_timestamp(n * interval_seconds)} --> {_timestamp((n + 1) * interval_seconds)}",
            f"{image_uri}#xywh={x},{y},{tile_width},{tile_height}",
            "",
        ]
    return "\n".join(lines)


def _timestamp(seconds: float) -> str:
    """Return a WebVTT time.

    >>> _timestamp(3661.5)
    '01:01:01.500'
    """
    milliseconds = round(seconds * 1000)
    minutes, ms = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}.{ms % 1000:03}"
