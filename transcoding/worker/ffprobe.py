"""Run ffprobe, which tells what is in a file, and understand why it could not."""

import re
from collections.abc import Callable
from pathlib import Path

from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.ffmpeg import Ended, run_program
from transcoding.worker.hardening import input_options, input_url
from transcoding.worker.sandbox import NOT_FOUND, Sandbox
from transcoding.worker.spec import Limits
from transcoding.worker.watchdog import Watchdog

Check = Callable[[], None]


def run_ffprobe(
    path: Path,
    entries: list[str],
    *,
    limits: Limits,
    sandbox: Sandbox,
    seconds: float,
    on_output: Callable[[bytes], None],
    check: Check,
) -> Ended:
    """Run ffprobe on the file at path, alone in its directory, and return how it ended.

    `check` is called about five times a second and may raise to end it. Raises SourceError `source.unreadable` for a
    file that takes longer than so many seconds.
    """
    hardened = [
        part
        for name, value in input_options(max_pixels=limits.max_pixels, audio_files=True).items()
        for part in (f"-{name}", value)
    ]
    # ffprobe opens a decoder for each: a thousand in a quarter of a megabyte took 1.5 GB before they could be counted.
    bounds = ["-max_streams", str(limits.max_streams + 1)]
    try:
        return run_program(
            ["ffprobe", "-v", "error", *hardened, *bounds, *entries, "-i", input_url(path)],
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


def unreadable(ended: Ended) -> SourceError | PlatformError:
    """Return what a failure of ffprobe means."""
    if ended.returncode == NOT_FOUND:
        return PlatformError("platform.ffmpeg-missing", "ffprobe is not installed.", log_tail=ended.log_tail)
    if "Format not on whitelist" in ended.log_tail:
        return SourceError(
            "source.unsupported-container",
            "This is not a kind of video file this site takes; please upload MP4, MOV, MKV, WebM or AVI.",
            log_tail=ended.log_tail,
        )
    if codec := re.search(r"Codec \((\w{1,32})\) not on whitelist", ended.log_tail):
        return unsupported(codec[1], log_tail=ended.log_tail)
    return SourceError(
        "source.unreadable",
        "This file cannot be read as a video; please check that it plays on your computer, then upload it again.",
        log_tail=ended.log_tail,
    )


def unsupported(codec: str, *, log_tail: str = "") -> SourceError:
    """Return the refusal of a codec."""
    return SourceError(
        "source.unsupported-codec",
        f"This file uses the format {codec}, which this site cannot decode; please export it as H.264 with AAC sound.",
        log_tail=log_tail,
    )
