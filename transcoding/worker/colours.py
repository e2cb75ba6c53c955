"""What a source's numbers stand for: colours, transparency. Pure; the names are ffprobe's."""

import re

from transcoding.worker.source import HDR_TRANSFERS
from transcoding.worker.streams import Stream, whole

# The numbers of ITU-T H.273. zscale takes them, but some names it spells differently.
MATRICES = {
    "bt709": 1, "fcc": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "ycgco": 8, "bt2020nc": 9, "bt2020c": 10,
}  # fmt: skip
PRIMARIES = {
    "bt709": 1, "bt470m": 4, "bt470bg": 5, "smpte170m": 6, "smpte240m": 7, "film": 8, "bt2020": 9, "smpte428": 10,
    "smpte431": 11, "smpte432": 12, "ebu3213": 22,
}  # fmt: skip
RGB = "gbr"
"""What stands for the matrix of pictures that need none."""
RGB_FORMATS = re.compile(r"(x2|[a0])?(rgb|bgr)|gbr|pal8")
ALPHA_FORMATS = re.compile(r"yuva|gbrap|rgba|bgra|argb|abgr|ya(8|16)")
# Of four bytes for a pixel, nearly nobody fills the fourth.
WITHOUT_ALPHA = frozenset({"rawvideo"})
# ffmpeg's own decoders of these leave the transparency out.
ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# Video without a tag is BT.709 from one of these sizes on, by convention; below both it is BT.601.
HIGH_DEFINITION_WIDTH = 1280
HIGH_DEFINITION_HEIGHT = 577
# ITU-R BT.2100 knows no constant luminance: such a tag on HDR is a mistake, and zscale cannot convert it.
NOT_IN_HDR = frozenset({"bt2020c"})
# Its colours are in no base layer; without the metadata in each frame they come out green and purple.
DOLBY_ONLY_PROFILE = 5


def matrix(stream: Stream) -> str:
    """Return the name of the stream's matrix; without a usable tag, what players assume at this size."""
    if RGB_FORMATS.match(str(stream.get("pix_fmt", ""))):
        return RGB
    tagged = str(stream.get("color_space", ""))
    is_hdr = stream.get("color_transfer") in HDR_TRANSFERS
    if tagged in MATRICES and not (is_hdr and tagged in NOT_IN_HDR):
        return tagged
    if is_hdr:
        return "bt2020nc"
    short, long = sorted((whole(stream.get("width")), whole(stream.get("height"))))
    return "bt709" if long >= HIGH_DEFINITION_WIDTH or short >= HIGH_DEFINITION_HEIGHT else "smpte170m"


def has_alpha(stream: Stream) -> bool:
    if stream.get("codec_name") in WITHOUT_ALPHA:
        return False
    return alpha_decoder(stream) is not None or bool(ALPHA_FORMATS.match(str(stream.get("pix_fmt", ""))))


def alpha_decoder(stream: Stream) -> str | None:
    """Return the decoder without which the stream's transparency would be lost; None if any will do."""
    tags = {str(name).lower(): value for name, value in stream.get("tags", {}).items()}
    return ALPHA_DECODERS.get(str(stream.get("codec_name"))) if whole(tags.get("alpha_mode")) else None


def is_dolby_only(stream: Stream) -> bool:
    """Tell whether only a Dolby Vision decoder knows the colours: the profile without a base layer for others."""
    return any(
        whole(side_data.get("dv_profile")) == DOLBY_ONLY_PROFILE for side_data in stream.get("side_data_list", [])
    )
