"""Find out what the uploaded file is, and refuse what cannot or may not be transcoded."""

import json
from pathlib import Path
from typing import Any

from transcoding.worker import colours, streams
from transcoding.worker.duration import leads, timing
from transcoding.worker.errors import SourceError
from transcoding.worker.ffprobe import Check, run_ffprobe, unreadable, unsupported
from transcoding.worker.interlacing import is_interlaced
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import Limits

PROBE_SECONDS = 30
MOST_JSON_BYTES = 16_000_000
SANDBOX = Sandbox(address_space_bytes=4 * 1024**3, file_size_bytes=0, open_files=64, cpu_seconds=PROBE_SECONDS)


def probe(path: Path, *, limits: Limits, check: Check) -> SourceInfo:
    """Read the facts of the file at path, alone in its directory.

    Raises SourceError with a code `source.…` for a file that is not a video we can or may transcode.
    `check` is called about five times a second and may raise to end the probe.
    """
    if path.stat().st_size == 0:
        raise SourceError("source.empty", "This file is empty; please upload it again.")
    document = _read(path, limits=limits, check=check)
    found: list[streams.Stream] = document.get("streams", [])
    if len(found) > limits.max_streams:
        raise _too_many_streams(limits)
    video, audio = streams.choose_video(found), streams.choose_audio(found)
    if video is None:
        raise SourceError("source.no-video-stream", "This file has no video in it, only sound; please upload a video.")
    _require_decodable(video)
    if colours.is_dolby_only(video):
        raise SourceError(
            "source.unsupported-codec",
            "This video is in Dolby Vision profile 5, whose colours cannot be converted here; "
            "please export it as HDR10, HLG or SDR.",
        )
    if audio is not None:
        _require_decodable(audio)
    size = _checked_size(video, limits)
    container = document["format"]
    start, duration = timing(path, container, video, limits=limits, check=check)
    if duration > limits.max_duration_seconds:
        raise SourceError(
            "source.too-long",
            f"This video is {duration / 3600:.1f} hours long and this site takes "
            f"{limits.max_duration_seconds / 3600:g} hours; please upload it in parts.",
        )
    lead, sound_lead = leads(container, video, audio, start)
    return SourceInfo(
        container=container.get("format_name", ""),
        video_index=video["index"],
        video_codec=video.get("codec_name", ""),
        width=size[0],
        height=size[1],
        frame_rate=streams.frame_rate(video),
        duration_seconds=duration,
        lead_seconds=lead,
        sound_lead_seconds=sound_lead,
        interlaced=is_interlaced(path, video, duration_seconds=duration, limits=limits, check=check),
        transfer=video.get("color_transfer", ""),
        color_space=colours.matrix(video),
        primaries=video.get("color_primaries", ""),
        turned=streams.is_turned(video),
        has_alpha=colours.has_alpha(video),
        video_decoder=colours.alpha_decoder(video),
        audio_index=audio["index"] if audio is not None else None,
        audio_codec=audio.get("codec_name", "") if audio is not None else None,
    )


def _read(path: Path, *, limits: Limits, check: Check) -> dict[str, Any]:
    output = bytearray()

    def keep(data: bytes) -> None:
        output.extend(data)
        if len(output) > MOST_JSON_BYTES:
            raise SourceError(
                "source.unreadable", "This file describes itself at absurd length; please export it again."
            )

    entries = ["-show_streams", "-show_format", "-of", "json"]
    ended = run_ffprobe(
        path, entries, limits=limits, sandbox=SANDBOX, seconds=PROBE_SECONDS, on_output=keep, check=check
    )
    if "exceeds specified max pixel count" in ended.log_tail:
        raise _too_large(limits)
    if "exceeds max_streams" in ended.log_tail:
        raise _too_many_streams(limits)
    if ended.returncode:
        raise unreadable(ended)
    document: dict[str, Any] = json.loads(output.decode(errors="replace"))
    document.setdefault("format", {})
    return document


def _too_large(limits: Limits) -> SourceError:
    return SourceError(
        "source.too-large-picture",
        f"The picture of this video is larger than {limits.max_pixels / 1_000_000:.0f} megapixels, the most this "
        "site takes; please export it smaller.",
    )


def _too_many_streams(limits: Limits) -> SourceError:
    return SourceError(
        "source.too-many-streams",
        f"This file has more than {limits.max_streams} tracks, the most this site takes; "
        "please export it with one video and one audio track.",
    )


def _require_decodable(stream: streams.Stream) -> None:
    if not streams.is_decodable(stream):
        raise unsupported(str(stream.get("codec_name") or stream.get("codec_tag_string") or "unknown")[:32])


def _checked_size(video: streams.Stream, limits: Limits) -> tuple[int, int]:
    width, height = streams.display_size(video)
    if width < 1 or height < 1:
        raise SourceError(
            "source.unreadable",
            "The picture size of this video cannot be read; please export it again and upload the new file.",
        )
    if width * height > limits.max_pixels:
        raise _too_large(limits)
    return width, height
