"""How long a film really is, whatever its header says, and where its streams begin."""

from pathlib import Path

from transcoding.worker import streams
from transcoding.worker.errors import SourceError
from transcoding.worker.ffprobe import Check, run_ffprobe, unreadable
from transcoding.worker.measure import Extent, ExtentReader
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.spec import Limits

SCAN_SECONDS = 1800
SCAN_SANDBOX = Sandbox(address_space_bytes=4 * 1024**3, file_size_bytes=0, open_files=64)

# Headers of these promise a duration that can be compared with what is really there.
CONTAINERS_WITH_PROMISE = frozenset({"matroska,webm", "avi", "flv"})
BEHIND_ANY_END = 1_000_000_000
"""Seconds. A seek to there ends at the last keyframe."""
MISSING_SECONDS = 1.0
MISSING_SHARE = 0.05

# In these, times may begin anywhere, and ffmpeg's zero is where those streams begin that it was told to use.
CONTAINERS_WITH_OWN_ZEROS = frozenset({"mpegts", "mpeg", "ogg"})


def timing(
    path: Path, container: streams.Stream, video: streams.Stream, *, limits: Limits, check: Check
) -> tuple[float, float]:
    """Return where the video stream starts in the file's own time, and for how many seconds it lasts."""
    # An MP4 index has every frame's time, and tells where the end can be found.
    indexed = streams.whole(video.get("nb_frames")) if "mp4" in container.get("format_name", "") else 0
    if indexed:
        start = streams.seconds(video.get("start_time")) or 0.0
        end = measure(path, video_index=video["index"], limits=limits, check=check, only_end=True)
        if end.packets and end.video_end > start:
            return start, end.video_end - start
        # Nothing there: the file was cut off, or an edit list cuts the end away, and the index counts that, too.
        stored = measure(path, video_index=video["index"], limits=limits, check=check, edits=False)
        _require_indexed(indexed, stored)
    extent = measure(path, video_index=video["index"], limits=limits, check=check)
    promised = streams.seconds(container.get("duration")) or 0.0
    file_start = streams.seconds(container.get("start_time")) or 0.0
    # Some count from zero, others from where the file begins.
    found = extent.file_end - min(file_start, 0.0)
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


def _require_indexed(indexed: int, extent: Extent) -> None:
    """Compare what is there with the frames that an index names: an MP4 that was cut off still has it in front."""
    if not extent.packets or indexed <= extent.packets:
        return
    found = extent.video_end - extent.video_start
    promised = found * indexed / extent.packets
    if is_truncated(promised_seconds=promised, found_seconds=found):
        raise truncated(promised_seconds=promised, found_seconds=found)


def leads(
    container: streams.Stream, video: streams.Stream, audio: streams.Stream | None, start: float
) -> tuple[float, float]:
    """Return how much later the picture starts than the zero of a run that reads it, and of one for the sound."""
    if container.get("format_name") not in CONTAINERS_WITH_OWN_ZEROS:
        lead = max(0.0, start - (streams.seconds(container.get("start_time")) or 0.0))
        return lead, lead
    zero, sound_zero = ((streams.seconds(stream.get("start_time")) if stream else None) for stream in (video, audio))
    return (
        max(0.0, start - (start if zero is None else zero)),
        start - (start if sound_zero is None else sound_zero),
    )


def measure(
    path: Path, *, video_index: int, limits: Limits, check: Check, only_end: bool = False, edits: bool = True
) -> Extent:
    """Read every packet's time, without decoding, to learn how long the streams really are.

    only_end: just from the last keyframe of the video on, in a file that has an index of them.
    edits: leave out what an edit list cuts away; without them only an MP4 can be read.
    """
    reader = ExtentReader(video_index)
    entries = [
        *(["-select_streams", str(video_index), "-read_intervals", f"{BEHIND_ANY_END}%"] if only_end else []),
        *([] if edits else ["-ignore_editlist", "1"]),
        "-show_entries",
        "packet=stream_index,pts_time,dts_time,duration_time,flags",
        "-of",
        "compact=p=0:nk=0",
    ]
    ended = run_ffprobe(
        path,
        entries,
        limits=limits,
        sandbox=SCAN_SANDBOX,
        seconds=SCAN_SECONDS,
        on_output=reader.feed,
        check=check,
    )
    if ended.returncode and not reader.extent.packets:
        raise unreadable(ended)
    return reader.extent


def is_truncated(*, promised_seconds: float, found_seconds: float) -> bool:
    return promised_seconds - found_seconds > max(MISSING_SECONDS, MISSING_SHARE * promised_seconds)


def truncated(*, promised_seconds: float, found_seconds: float) -> SourceError:
    return SourceError(
        "source.truncated",
        f"Only {found_seconds:.0f} of {promised_seconds:.0f} seconds could be read, the rest of the file is "
        "missing or damaged; please check the file on your computer and upload it again.",
    )
