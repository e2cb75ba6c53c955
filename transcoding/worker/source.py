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
    chosen video stream; lead_seconds is how much later it starts than what ffmpeg takes for zero when it
    reads only the picture, sound_lead_seconds the same when it reads only the sound. audio_index is None for
    a silent video. frame_rate is the average, or None when the file does not tell.
    color_space is never empty: without a tag it is what players assume. video_decoder is
    None where ffmpeg's own choice is right.
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
    sound_lead_seconds: float = 0.0
    primaries: str = ""
    turned: bool = False
    has_alpha: bool = False
    video_decoder: str | None = None

    @property
    def is_hdr(self) -> bool:
        return self.transfer in HDR_TRANSFERS

    @property
    def may_change_size(self) -> bool:
        """Whether all filters before "scale", also those that ffmpeg adds to turn the picture, take any size."""
        return not (self.interlaced or self.turned or self.has_alpha)

    @property
    def is_seekable(self) -> bool:
        return self.container in SEEKABLE_CONTAINERS
