"""Read streams and their facts out of ffprobe's JSON. Pure; the JSON's text comes from a stranger's file."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from transcoding.worker.hardening import AUDIO_CODECS, VIDEO_CODECS

Stream = Mapping[str, Any]

INTERLACED_ORDERS = frozenset({"tt", "bb", "tb", "bt"})
# Beyond this a sample aspect ratio is a broken header: nobody films with pixels eight times as wide as high.
WIDEST_SAMPLE_ASPECT = 8
QUARTER_TURN_DEGREES = 90
# A nominal rate above this is only the fineness of the times.
MOVING = 60
# So far above the nominal rate the average is the same rate, badly counted.
NEARLY = 0.1
# So close, the average is the better number: 30 and 30000/1001 are a thousandth apart.
EXACT = 0.002


def choose_video(streams: Sequence[Stream]) -> Stream | None:
    """Choose among real video streams (no cover art): default first, then the largest, then the first."""
    candidates = [
        stream
        for stream in streams
        if stream.get("codec_type") == "video"
        and not _flag(stream, "attached_pic")
        and not _flag(stream, "timed_thumbnails")
    ]
    return min(candidates, key=_video_rank, default=None)


def choose_audio(streams: Sequence[Stream]) -> Stream | None:
    """Choose the audio stream: one we can decode, then the default, then the first."""
    candidates = [stream for stream in streams if stream.get("codec_type") == "audio"]
    return min(
        candidates,
        key=lambda stream: (
            stream.get("codec_name") not in AUDIO_CODECS,
            not _flag(stream, "default"),
            whole(stream.get("index")),
        ),
        default=None,
    )


def is_decodable(stream: Stream) -> bool:
    return stream.get("codec_name") in VIDEO_CODECS + AUDIO_CODECS


def display_size(stream: Stream) -> tuple[int, int]:
    """Return width and height in square pixels after rotation; (0, 0) when the file does not tell."""
    width, height = whole(stream.get("width")), whole(stream.get("height"))
    aspect = ratio(str(stream.get("sample_aspect_ratio", "")).replace(":", "/"))
    if aspect and Fraction(1, WIDEST_SAMPLE_ASPECT) <= aspect <= WIDEST_SAMPLE_ASPECT:
        width = round(width * aspect)
    return (height, width) if _is_upended(stream) else (width, height)


def is_turned(stream: Stream) -> bool:
    """Tell whether the picture is to be rotated or mirrored."""
    return any("displaymatrix" in side_data for side_data in stream.get("side_data_list", []))


def is_interlaced(stream: Stream) -> bool:
    return stream.get("field_order") in INTERLACED_ORDERS


def frame_rate(stream: Stream) -> Fraction | None:
    """Return the average frame rate, or the nominal one where frames are missing: at the average others would be too.

    None when the file does not tell.
    """
    average, nominal = ratio(stream.get("avg_frame_rate")), ratio(stream.get("r_frame_rate"))
    if average is None:
        return nominal
    if nominal is not None and nominal <= MOVING:
        missing = (nominal - average) / nominal
        counts_fields = is_interlaced(stream) and abs(nominal - 2 * average) <= EXACT * nominal
        if (missing > EXACT and not counts_fields) or EXACT < -missing < NEARLY:
            return nominal
    return average


def ratio(value: object) -> Fraction | None:
    """Read "30000/1001"; None for anything that is not a positive number."""
    try:
        number = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None
    return number if number > 0 else None


def seconds(value: object) -> float | None:
    """Read "13.0130"; None for N/A, infinity and everything else that is not a time."""
    try:
        return float(Fraction(str(value)))
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def whole(value: object) -> int:
    """Read a whole number that ffprobe gives as a number or a string; 0 if it is none."""
    try:
        return int(float(str(value)))
    except (ValueError, OverflowError):
        return 0


def _video_rank(stream: Stream) -> tuple[bool, int, int]:
    pixels = whole(stream.get("width")) * whole(stream.get("height"))
    return not _flag(stream, "default"), -pixels, whole(stream.get("index"))


def _flag(stream: Stream, name: str) -> bool:
    return bool(stream.get("disposition", {}).get(name))


def _is_upended(stream: Stream) -> bool:
    for side_data in stream.get("side_data_list", []):
        if "rotation" in side_data:
            return round(whole(side_data["rotation"]) / QUARTER_TURN_DEGREES) % 2 == 1
    return False
