"""The command line that encodes every rung and the sound in one go. Pure."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from transcoding.worker import pictures
from transcoding.worker.frame_rate import output_frame_rate
from transcoding.worker.hardening import input_options, input_url
from transcoding.worker.ladder import Rung
from transcoding.worker.pictures import Frames
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec

PROGRAM = ["ffmpeg", "-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats"]
WITH_PROGRESS = [*PROGRAM, "-progress", "pipe:1"]
AUDIO = "audio"
AUDIO_RATE = 48000
AUDIO_BITRATE = 128_000
PLAYLIST = "index.m3u8"
INIT = "init.mp4"
# The rate control may save up two seconds of bits for a hard scene, half a segment.
BUFFER_SECONDS = 2


def encode_command(source_path: Path, *, source: SourceInfo, rungs: Sequence[Rung], spec: JobSpec) -> list[str]:
    """Build one ffmpeg run: one decode, each rung scaled from the one above, the sound encoded once.

    It is to run in a directory that holds an empty one for each quality, and for "audio" if there is
    sound; each gets a media playlist, an init segment and segments that begin on the same borders.
    """
    file = source_input(source_path, source=source, spec=spec)
    rate = output_frame_rate(source.frame_rate, most=spec.limits.max_frame_rate)
    outputs = [
        ffmpeg.output(video, f"{rung.quality}/{PLAYLIST}", **_video_options(rung, rate, source, spec))
        for rung, video in zip(rungs, _videos(file, source, rungs, rate), strict=True)
    ]
    if source.audio_index is not None:
        sound = _sound(file, source)
        outputs.append(ffmpeg.output(sound, f"{AUDIO}/{PLAYLIST}", **_audio_options(source, spec)))
    return [*WITH_PROGRESS, *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def source_input(path: Path, *, source: SourceInfo, spec: JobSpec, seek_seconds: float = 0.0) -> Frames:
    """Return the hardened input; only the chosen streams are demuxed further."""
    options = input_options(max_pixels=spec.limits.max_pixels)
    if spec.threads:
        options["threads"] = str(spec.threads)
    if seek_seconds:
        options["ss"] = f"{seek_seconds:.3f}"
    return ffmpeg.input(input_url(path), **options)


def _videos(file: Frames, source: SourceInfo, rungs: Sequence[Rung], rate: Fraction) -> list[Frames]:
    stream = file[str(source.video_index)]
    if source.lead_seconds:
        stream = stream.filter("setpts", f"PTS-{source.lead_seconds:.6f}/TB")
    stream = pictures.progressive(stream, source)
    stream = stream.filter("fps", fps=f"{rate.numerator}/{rate.denominator}", start_time=0)
    stream = pictures.scaled(stream, source, width=rungs[0].width, height=rungs[0].height)
    videos = []
    for rung in rungs[1:]:
        both = stream.filter_multi_output("split")
        videos.append(both[0])
        stream = both[1].filter("scale", rung.width, rung.height).filter("setsar", 1)
    return [*videos, stream]


def _sound(file: Frames, source: SourceInfo) -> Frames:
    stream = file[str(source.audio_index)]
    if source.lead_seconds:
        stream = stream.filter("asetpts", f"PTS-{source.lead_seconds:.6f}/TB")
    # Gaps are filled with silence and both ends are made to fit, so that sound and picture stay together.
    stream = stream.filter("aresample", AUDIO_RATE, **{"async": 1, "first_pts": 0})
    return stream.filter("apad", whole_dur=f"{source.duration_seconds:.6f}")


def _video_options(rung: Rung, rate: Fraction, source: SourceInfo, spec: JobSpec) -> dict[str, Any]:
    threads = {"threads": spec.threads} if spec.threads else {}
    return {
        "c:v": "libx264",
        "preset": spec.preset,
        "crf": 23,
        "maxrate": rung.max_bitrate,
        "bufsize": rung.max_bitrate * BUFFER_SECONDS,
        "pix_fmt": "yuv420p",
        # Keyframes exactly on the borders and nowhere else: players switch rungs only there.
        "force_key_frames": f"expr:gte(t,n_forced*{spec.segment_seconds})",
        "forced-idr": 1,
        "g": int(rate * spec.segment_seconds) * 2 + 2,
        "sc_threshold": 0,
        "flags": "+cgop",
        "fps_mode": "passthrough",
        **threads,
        **_hls_options(rung.quality, source, spec),
    }


def _audio_options(source: SourceInfo, spec: JobSpec) -> dict[str, Any]:
    return {
        "c:a": "aac",
        "b:a": AUDIO_BITRATE,
        "ac": 2,
        "ar": AUDIO_RATE,
        **_hls_options(AUDIO, source, spec),
    }


def _hls_options(quality: str, source: SourceInfo, spec: JobSpec) -> dict[str, Any]:
    return {
        "t": f"{source.duration_seconds:.6f}",
        "map_metadata": -1,
        "map_chapters": -1,
        "format": "hls",
        "hls_time": spec.segment_seconds,
        "hls_list_size": 0,
        "hls_playlist_type": "event",
        "hls_segment_type": "fmp4",
        # temp_file: a segment or playlist appears under its name only when it is complete.
        "hls_flags": "temp_file+independent_segments",
        "hls_fmp4_init_filename": INIT,
        "hls_segment_filename": f"{quality}/seg_%05d.m4s",
    }
