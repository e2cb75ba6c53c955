"""The options every reading of an uploaded file is given, so that it can only be what it claims to be."""

from pathlib import Path

# Script-like formats (concat, HLS, DASH, SDP) are left out: they name other files, and ffmpeg follows.
VIDEO_FORMATS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "flv", "live_flv", "mpegts", "mpeg", "mpegvideo",
    "ogg", "asf", "mxf", "dv", "rm",
)  # fmt: skip
# Read only to be able to say "this has sound, but no video".
AUDIO_FORMATS = ("mp3", "wav", "flac", "aac", "aiff", "amr")

VIDEO_CODECS = (
    "h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "libvpx", "libvpx-vp9", "mpeg4", "msmpeg4v1", "msmpeg4v2",
    "msmpeg4", "msmpeg4v3", "mpeg1video", "mpeg2video", "mjpeg", "prores", "dnxhd", "cfhd", "theora", "wmv1",
    "wmv2", "wmv3", "vc1", "flv", "flv1", "vp6", "vp6a", "vp6f", "h263", "h263p", "h263i", "dvvideo", "png",
    "qtrle", "rawvideo", "huffyuv", "ffvhuff", "ffv1", "utvideo", "svq1", "svq3", "cinepak", "v210", "rv30",
    "rv40", "jpeg2000",
)  # fmt: skip
AUDIO_CODECS = (
    "aac", "aac_latm", "mp3", "mp3float", "mp2", "mp2float", "mp1", "mp1float", "ac3", "eac3", "dca", "dts",
    "truehd", "opus", "libopus", "vorbis", "libvorbis", "flac", "alac", "amrnb", "amr_nb", "amrwb", "amr_wb",
    "wmav1", "wmav2", "wmapro", "wmalossless", "cook", "speex", "nellymoser", "adpcm_ima_wav", "adpcm_ms",
    "adpcm_ima_qt", "adpcm_swf", "pcm_alaw", "pcm_mulaw", "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be",
    "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_f64le", "pcm_f64be",
    "pcm_dvd", "pcm_bluray",
)  # fmt: skip
# Never decoded here, but ffprobe opens the decoder of every stream and fails on one it may not open.
SUBTITLE_CODECS = (
    "mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text", "dvbsub", "dvdsub", "pgssub", "cc_dec", "xsub",
)  # fmt: skip

PROBE_BYTES = 32_000_000  # enough for cameras that write their first keyframe late


def input_options(*, max_pixels: int, audio_files: bool = False) -> dict[str, str]:
    """Return the input options, by name, shared by ffprobe and ffmpeg (equal, so stream numbers agree)."""
    formats = VIDEO_FORMATS + (AUDIO_FORMATS if audio_files else ())
    return {
        "protocol_whitelist": "file",
        "format_whitelist": ",".join(formats),
        "codec_whitelist": ",".join(VIDEO_CODECS + AUDIO_CODECS + SUBTITLE_CODECS),
        "max_pixels": str(max_pixels),
        "probesize": str(PROBE_BYTES),
        "analyzeduration": "20000000",
    }


def input_url(path: Path) -> str:
    # Without the prefix a name such as "x:y.mp4" is taken for a protocol.
    return f"file:{path}"
