"""The filters that turn a source's frames into upright square-pixel SDR pictures: BT.709, limited range. Pure.

What is transparent is shown on black. Nothing here depends on more than a frame and its two neighbours, so that a
stretch that is encoded alone looks as it does in one piece with the others.
"""

from typing import Any, TypeAlias

from transcoding.worker.colours import MATRICES, PRIMARIES, RGB
from transcoding.worker.source import SourceInfo

Frames: TypeAlias = Any  # a node of the graph; ffmpeg-python has no types

BT709, BT2020 = MATRICES["bt709"], MATRICES["bt2020nc"]
# What zscale takes at any even size: chroma that is one of four has to be divisible by four.
YUV_FORMATS = "yuv420p|yuv422p|yuv444p|yuv420p10le|yuv422p10le|yuv444p10le"
RGB_FORMATS = "gbrp|gbrp10le|gbrp12le"
# White paper in HDR (ITU-R BT.2408): what is as bright as it stays bright, what is brighter shares the little rest.
WHITE_NITS = 203
# The brightest that keeps its detail. Not what the file says of itself: that is often missing, and not in every chunk.
PEAK_NITS = {"smpte2084": 4000, "arib-std-b67": 1000}
# Up to this share of white brightness is kept as it is.
UNTOUCHED = 0.3


def progressive(stream: Frames, source: SourceInfo) -> Frames:
    """Deinterlace, one frame for each frame, those frames that are marked as interlaced."""
    if not source.interlaced:
        return stream
    return stream.filter("bwdif", mode="send_frame", deint="interlaced")


def scaled(stream: Frames, source: SourceInfo, *, width: int, height: int) -> Frames:
    """Scale the source's frames to exactly this size, in SDR and with square pixels."""
    if source.has_alpha:
        # Before anything is scaled: the colours of what cannot be seen must not bleed into what can.
        stream = stream.filter("premultiply", inplace=1)
    if source.is_hdr:
        stream = _tone_mapped(stream, source, width=width, height=height)
    elif _is_converted(source):
        stream = _in_bt709(stream, source, width=width, height=height)
    else:
        stream = stream.filter("scale", width, height, out_range="tv").filter("format", "yuv420p")
    stream = stream.filter("setparams", range="tv", color_primaries="bt709", color_trc="bt709", colorspace="bt709")
    return stream.filter("setsar", 1)


def _is_converted(source: SourceInfo) -> bool:
    return source.color_space != "bt709" or PRIMARIES.get(source.primaries, BT709) != BT709


def _in_bt709(stream: Frames, source: SourceInfo, *, width: int, height: int) -> Frames:
    # All transfer curves but those of HDR are meant for the same displays, so the curve stays what it is.
    stream, colours = _planar(stream, source, width=width, height=height, otherwise=BT709)
    return stream.filter("zscale", tin=BT709, t=BT709, p=BT709, m=BT709, r="tv", **colours).filter("format", "yuv420p")


def _tone_mapped(stream: Frames, source: SourceInfo, *, width: int, height: int) -> Frames:
    # Scaled first: the float pictures below are by far the slowest part.
    stream, colours = _planar(stream, source, width=width, height=height, otherwise=BT2020)
    peak = PEAK_NITS[source.transfer] / WHITE_NITS
    return (
        stream.filter("zscale", tin=source.transfer, t="linear", p=BT709, npl=WHITE_NITS, **colours)
        .filter("format", "gbrpf32le")
        .filter("tonemap", tonemap="mobius", param=UNTOUCHED, peak=f"{peak:.3f}", desat=0)
        .filter("zscale", t=BT709, m=BT709, r="tv")
        .filter("format", "yuv420p")
    )


def _planar(
    stream: Frames, source: SourceInfo, *, width: int, height: int, otherwise: int
) -> tuple[Frames, dict[str, Any]]:
    """Scale to a form that zscale takes; return also what it has to know about the colours."""
    primaries = {"pin": PRIMARIES.get(source.primaries, otherwise)}
    if source.color_space == RGB:
        return stream.filter("scale", width, height).filter("format", RGB_FORMATS), primaries
    stream = stream.filter("scale", width, height, out_range="tv").filter("format", YUV_FORMATS)
    return stream, primaries | {"min": MATRICES[source.color_space], "rin": "tv"}
