"""The filters that turn a source's frames into upright square-pixel SDR pictures. Pure."""

from typing import Any, TypeAlias

from transcoding.worker.source import SourceInfo

Frames: TypeAlias = Any  # a node of the graph; ffmpeg-python has no types

# From this height on, video without a tag is BT.709 by convention; below it, BT.601.
HIGH_DEFINITION = 720
# What zscale and setparams call the colour matrices that ffprobe reports.
KNOWN_MATRICES = frozenset({"bt709", "smpte170m", "bt470bg", "smpte240m", "fcc", "bt2020nc"})


def progressive(stream: Frames, source: SourceInfo) -> Frames:
    """Deinterlace, one frame for each frame, those frames that are marked as interlaced."""
    return stream.filter("bwdif", mode="send_frame", deint="interlaced") if source.interlaced else stream


def scaled(stream: Frames, source: SourceInfo, *, width: int, height: int) -> Frames:
    """Scale the source's frames to exactly this size, in SDR and with square pixels."""
    if source.is_hdr:
        stream = _tone_mapped(stream, source, width=width, height=height)
    else:
        stream = stream.filter("scale", width, height, out_range="tv", **_matrix_of_rgb(source))
        stream = stream.filter("format", "yuv420p").filter("setparams", colorspace=_matrix(source))
    return stream.filter("setsar", 1)


def _tone_mapped(stream: Frames, source: SourceInfo, *, width: int, height: int) -> Frames:
    # Scaled first: the float pictures below are by far the slowest part.
    return (
        stream.filter("scale", width, height)
        .filter("zscale", tin=source.transfer, min="2020_ncl", pin="2020", t="linear", npl=100)
        .filter("format", "gbrpf32le")
        .filter("zscale", p="709")
        .filter("tonemap", tonemap="hable", desat=0)
        .filter("zscale", t="709", m="709", r="tv")
        .filter("format", "yuv420p")
    )


def _matrix(source: SourceInfo) -> str:
    if _is_rgb(source):
        return "bt709"
    if source.color_space in KNOWN_MATRICES:
        return source.color_space
    # Players guess the matrix from the size, so without a tag the rungs of one video would differ.
    return "bt709" if min(source.width, source.height) >= HIGH_DEFINITION else "smpte170m"


def _is_rgb(source: SourceInfo) -> bool:
    return source.color_space == "gbr"


def _matrix_of_rgb(source: SourceInfo) -> dict[str, str]:
    return {"out_color_matrix": "bt709"} if _is_rgb(source) else {}
