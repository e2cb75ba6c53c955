"""Find out what the uploaded file is, and refuse what cannot or may not be transcoded."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transcoding.worker import streams
from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.ffmpeg import Ended, run_program
from transcoding.worker.hardening import input_options, input_url
from transcoding.worker.measure import Extent, ExtentReader
from transcoding.worker.sandbox import NOT_FOUND, Sandbox
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import Limits
from transcoding.worker.watchdog import Watchdog

PROBE_SECONDS = 30
SCAN_SECONDS = 1800
MOST_JSON_BYTES = 16_000_000
SANDBOX = Sandbox(address_space_bytes=4 * 1024**3, file_size_bytes=0, open_files=64, cpu_seconds=PROBE_SECONDS)
SCAN_SANDBOX = Sandbox(address_space_bytes=4 * 1024**3, file_size_bytes=0, open_files=64)

# Headers of these promise a duration that can be compared with what is really there.
CONTAINERS_WITH_PROMISE = frozenset({"matroska,webm", "avi", "flv"})
MISSING_SECONDS = 1.0
MISSING_SHARE = 0.05

Check = Callable[[], None]


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
        raise SourceError(
            "source.too-many-streams",
            f"This file has {len(found)} tracks and this site takes {limits.max_streams}; "
            "please export it with one video and one audio track.",
        )
    video, audio = streams.choose_video(found), streams.choose_audio(found)
    if video is None:
        raise SourceError("source.no-video-stream", "This file has no video in it, only sound; please upload a video.")
    _require_decodable(video)
    if audio is not None:
        _require_decodable(audio)
    size = _checked_size(video, limits)
    start, duration = _timing(path, document["format"], video, limits=limits, check=check)
    if duration > limits.max_duration_seconds:
        raise SourceError(
            "source.too-long",
            f"This video is {duration / 3600:.1f} hours long and this site takes "
            f"{limits.max_duration_seconds / 3600:g} hours; please upload it in parts.",
        )
    return SourceInfo(
        container=document["format"].get("format_name", ""),
        video_index=video["index"],
        video_codec=video.get("codec_name", ""),
        width=size[0],
        height=size[1],
        frame_rate=streams.frame_rate(video),
        duration_seconds=duration,
        lead_seconds=max(0.0, start - (streams.seconds(document["format"].get("start_time")) or 0.0)),
        interlaced=streams.is_interlaced(video),
        transfer=video.get("color_transfer", ""),
        color_space=video.get("color_space", ""),
        audio_index=audio["index"] if audio is not None else None,
        audio_codec=audio.get("codec_name", "") if audio is not None else None,
    )


def measure(path: Path, *, video_index: int, limits: Limits, check: Check) -> Extent:
    """Read every packet's time, without decoding, to learn how long the streams really are."""
    reader = ExtentReader(video_index)
    entries = [
        "-show_entries",
        "packet=stream_index,pts_time,dts_time,duration_time",
        "-of",
        "compact=p=0:nk=0",
    ]
    ended = _run_ffprobe(
        path,
        entries,
        limits=limits,
        sandbox=SCAN_SANDBOX,
        seconds=SCAN_SECONDS,
        on_output=reader.feed,
        check=check,
    )
    if ended.returncode and not reader.extent.packets:
        raise _unreadable(ended)
    return reader.extent


def is_truncated(*, promised_seconds: float, found_seconds: float) -> bool:
    return promised_seconds - found_seconds > max(MISSING_SECONDS, MISSING_SHARE * promised_seconds)


def truncated(*, promised_seconds: float, found_seconds: float) -> SourceError:
    return SourceError(
        "source.truncated",
        f"Only {found_seconds:.0f} of {promised_seconds:.0f} seconds could be read, the rest of the file is "
        "missing or damaged; please check the file on your computer and upload it again.",
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
    ended = _run_ffprobe(
        path, entries, limits=limits, sandbox=SANDBOX, seconds=PROBE_SECONDS, on_output=keep, check=check
    )
    if "exceeds specified max pixel count" in ended.log_tail:
        raise _too_large(limits)
    if ended.returncode:
        raise _unreadable(ended)
    document: dict[str, Any] = json.loads(output.decode(errors="replace"))
    document.setdefault("format", {})
    return document


def _run_ffprobe(
    path: Path,
    entries: list[str],
    *,
    limits: Limits,
    sandbox: Sandbox,
    seconds: float,
    on_output: Callable[[bytes], None],
    check: Check,
) -> Ended:
    hardened = [
        part
        for name, value in input_options(max_pixels=limits.max_pixels, audio_files=True).items()
        for part in (f"-{name}", value)
    ]
    try:
        return run_program(
            ["ffprobe", "-v", "error", *hardened, *entries, "-i", input_url(path)],
            cwd=path.parent,
            sandbox=sandbox,
            watchdog=Watchdog(stall_seconds=seconds, wall_seconds=seconds),
            on_output=on_output,
            on_tick=lambda _used: check(),
        )
    except PlatformError as error:
        if error.code not in {"platform.timeout", "platform.stalled"}:
            raise
        # A file that cannot be described in this time is made so, and another attempt would end the same.
        raise SourceError(
            "source.unreadable",
            f"This file could not be read within {seconds:.0f} seconds; please export it again.",
        ) from error


def _unreadable(ended: Ended) -> SourceError | PlatformError:
    if ended.returncode == NOT_FOUND:
        return PlatformError("platform.ffmpeg-missing", "ffprobe is not installed.", log_tail=ended.log_tail)
    if "Format not on whitelist" in ended.log_tail:
        return SourceError(
            "source.unsupported-container",
            "This is not a kind of video file this site takes; please upload MP4, MOV, MKV, WebM or AVI.",
            log_tail=ended.log_tail,
        )
    if codec := re.search(r"Codec \((\w{1,32})\) not on whitelist", ended.log_tail):
        return _unsupported(codec[1], log_tail=ended.log_tail)
    return SourceError(
        "source.unreadable",
        "This file cannot be read as a video; please check that it plays on your computer, then upload it again.",
        log_tail=ended.log_tail,
    )


def _unsupported(codec: str, *, log_tail: str = "") -> SourceError:
    return SourceError(
        "source.unsupported-codec",
        f"This file uses the format {codec}, which this site cannot decode; please export it as H.264 with AAC sound.",
        log_tail=log_tail,
    )


def _too_large(limits: Limits) -> SourceError:
    return SourceError(
        "source.too-large-picture",
        f"The picture of this video is larger than {limits.max_pixels / 1_000_000:.0f} megapixels, the most this "
        "site takes; please export it smaller.",
    )


def _require_decodable(stream: streams.Stream) -> None:
    if not streams.is_decodable(stream):
        raise _unsupported(str(stream.get("codec_name") or stream.get("codec_tag_string") or "unknown")[:32])


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


def _timing(
    path: Path, container: dict[str, Any], video: streams.Stream, *, limits: Limits, check: Check
) -> tuple[float, float]:
    """Return where the video stream starts in the file's own time, and for how many seconds it lasts."""
    start = streams.seconds(video.get("start_time")) or 0.0
    duration = streams.seconds(video.get("duration")) or 0.0
    # Only an MP4 index counts the frames; elsewhere a duration is a guess, or that of the longest stream.
    if duration > 0 and streams.whole(video.get("nb_frames")) and "mp4" in container.get("format_name", ""):
        return start, duration
    extent = measure(path, video_index=video["index"], limits=limits, check=check)
    promised = streams.seconds(container.get("duration")) or 0.0
    file_start = streams.seconds(container.get("start_time")) or 0.0
    found = extent.file_end - file_start
    if container.get("format_name") in CONTAINERS_WITH_PROMISE and is_truncated(
        promised_seconds=promised, found_seconds=found
    ):
        raise truncated(promised_seconds=promised, found_seconds=found)
    if not extent.packets:
        raise SourceError(
            "source.no-video-stream",
            "This file announces a video but holds no picture; please export it again.",
        )
    rate = streams.ratio(video.get("avg_frame_rate"))
    return extent.video_start, max(extent.video_end - extent.video_start, float(1 / rate) if rate else 0.04)
