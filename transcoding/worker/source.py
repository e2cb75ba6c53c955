"""What the transcoder knows about the uploaded file."""

from dataclasses import dataclass
from fractions import Fraction

# These index their keyframes by time, or let ffmpeg do so: any moment can be entered exactly. In the others a seek may
# land behind it, and frames would be missing without anybody noticing.
SEEKABLE_CONTAINERS = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})
HDR_TRANSFERS = frozenset({"smpte2084", "arib-std-b67"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceInfo:
    """Facts from the probe.

    width and height are in square pixels, upright, as a viewer sees them. duration_seconds is that of the
    chosen video stream; lead_seconds is how much later it starts than the file itself. audio_index is
    None for a silent video. frame_rate is the average, or None when the file does not tell.
    """

    container: str
    video_index: int
    video_codec: str
    width: int
    height: int
    frame_rate: Fraction | None
    duration_seconds: float
    lead_seconds: float
    interlaced: bool
    transfer: str
    color_space: str
    audio_index: int | None
    audio_codec: str | None

    @property
    def is_hdr(self) -> bool:
        return self.transfer in HDR_TRANSFERS

    @property
    def is_seekable(self) -> bool:
        return self.container in SEEKABLE_CONTAINERS
