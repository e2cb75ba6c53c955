"""The command lines that encode chunks and the sound. Pure."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg

from transcoding.worker import pictures
from transcoding.worker.chunks import Chunk
from transcoding.worker.hardening import input_options, input_url
from transcoding.worker.ladder import Rung
from transcoding.worker.pictures import Frames
from transcoding.worker.source import SourceInfo
from transcoding.worker.spec import JobSpec
from transcoding.worker.timeline import Timeline

PROGRAM = ["ffmpeg", "-hide_banner", "-nostdin", "-y", "-loglevel", "error", "-nostats"]
WITH_PROGRESS = [*PROGRAM, "-progress", "pipe:1"]
AUDIO = "audio"
AUDIO_RATE = 48000
AUDIO_BITRATE = 128_000
ENCODER_DELAY_SAMPLES = 1024
"""Of ffmpeg's AAC."""
ENCODER_DELAY_SECONDS = ENCODER_DELAY_SAMPLES / AUDIO_RATE
PLAYLIST = "index.m3u8"
INIT = "init.mp4"
# The rate control may save up two seconds of bits for a hard scene, half a segment.
BUFFER_SECONDS = 2
# A container may file a keyframe under the time it is decoded at, some frames before it is shown.
SEEK_MARGIN_SECONDS = 1
SEEK_MARGIN_FRAMES = 8
EVERY_KEYFRAME_SECONDS = 0.001


def chunk_command(
    source_path: Path, *, source: SourceInfo, chunk: Chunk, timeline: Timeline, spec: JobSpec
) -> list[str]:
    """Build one ffmpeg run: a stretch decoded once, each rung scaled from the one above.

    It is to run in a directory that holds one for each quality; each gets a media playlist of this chunk alone, an
    init segment that is the same for every chunk, and segments with the numbers and times that they have in the whole.
    """
    start = timeline.seconds(timeline.first_frame(chunk.first))
    margin = max(Fraction(SEEK_MARGIN_SECONDS), SEEK_MARGIN_FRAMES / timeline.rate)
    seek_seconds = max(0.0, float(start - margin) + source.lead_seconds)
    # Times stay what they are in the file, and no frame after the keyframe is dropped: the one that is shown at the
    # chunk's beginning may be seconds old, and "fps" must see it. From the beginning ffmpeg mends times that jump.
    options = {"copyts": None, "start_at_zero": None, "noaccurate_seek": None} if seek_seconds else {}
    file = source_input(source_path, source=source, spec=spec, seek_seconds=seek_seconds, **options)
    videos = _videos(file, source, chunk.rungs, timeline.rate, start)
    outputs = [
        ffmpeg.output(video, f"{rung.quality}/{PLAYLIST}", **_video_options(rung, chunk, timeline, spec))
        for rung, video in zip(chunk.rungs, videos, strict=True)
    ]
    # A chunk may be all of what cannot be decoded: that is told by the frames that are missing.
    return [*WITH_PROGRESS, "-max_error_rate", "1", *ffmpeg.get_args(ffmpeg.merge_outputs(*outputs))]


def audio_command(source_path: Path, *, source: SourceInfo, spec: JobSpec) -> list[str]:
    """Build the ffmpeg run that encodes the sound from beginning to end: cut, it would have a hole at each border.

    It is to run in a directory that holds an empty one, "audio".
    """
    file = source_input(source_path, source=source, spec=spec)
    output = ffmpeg.output(_sound(file, source), f"{AUDIO}/{PLAYLIST}", **_audio_options(source, spec))
    return [*WITH_PROGRESS, *ffmpeg.get_args(output)]


def source_input(
    path: Path, *, source: SourceInfo, spec: JobSpec, seek_seconds: float = 0.0, **more: str | None
) -> Frames:
    """Return the hardened input; only the chosen streams are demuxed further."""
    options: dict[str, str | None] = {**input_options(max_pixels=spec.limits.max_pixels), **more}
    if spec.threads:
        options["threads"] = str(spec.threads)
    if source.may_change_size:
        # Where the size changes ffmpeg would take new filters, and a new "fps" fills up from the beginning.
        options["reinit_filter"] = "0"
    if source.video_decoder:
        options[f"c:{source.video_index}"] = source.video_decoder
    if seek_seconds:
        options["ss"] = f"{seek_seconds:.3f}"
    return ffmpeg.input(input_url(path), **options)


def _videos(
    file: Frames, source: SourceInfo, rungs: tuple[Rung, ...], rate: Fraction, start: Fraction
) -> list[Frames]:
    stream = file[str(source.video_index)]
    if source.lead_seconds:
        stream = stream.filter("setpts", f"PTS-{source.lead_seconds:.6f}/TB")
    stream = pictures.progressive(stream, source)
    stream = stream.filter("fps", fps=f"{rate.numerator}/{rate.denominator}", start_time=f"{float(start):.6f}")
    stream = pictures.scaled(stream, source, width=rungs[0].width, height=rungs[0].height)
    # The encoder sees every chunk begin at zero.
    stream = stream.filter("setpts", "PTS-STARTPTS")
    videos = []
    for rung in rungs[1:]:
        both = stream.filter_multi_output("split")
        videos.append(both[0])
        stream = both[1].filter("scale", rung.width, rung.height).filter("setsar", 1)
    return [*videos, stream]


def _sound(file: Frames, source: SourceInfo) -> Frames:
    stream = file[str(source.audio_index)]
    if source.sound_lead_seconds:
        stream = stream.filter("asetpts", f"PTS-({source.sound_lead_seconds:.6f})/TB")
    # Gaps are filled with silence and both ends are made to fit, so that sound and picture stay together.
    stream = stream.filter("aresample", AUDIO_RATE, **{"async": 1, "first_pts": 0})
    stream = stream.filter("apad", whole_dur=f"{_sound_seconds(source) + ENCODER_DELAY_SECONDS:.6f}")
    # The encoder puts a frame before the first, and nothing in our segments says so: all would come that much late.
    return stream.filter("atrim", start_sample=ENCODER_DELAY_SAMPLES).filter("asetpts", "PTS-STARTPTS")


def _sound_seconds(source: SourceInfo) -> float:
    """Return for how long sound is encoded: with the encoder's frame before the first it lasts as long as the film."""
    return max(source.duration_seconds - ENCODER_DELAY_SECONDS, ENCODER_DELAY_SECONDS)


def _video_options(rung: Rung, chunk: Chunk, timeline: Timeline, spec: JobSpec) -> dict[str, Any]:
    threads = {"threads": spec.threads} if spec.threads else {}
    first, rate = timeline.first_frame(chunk.first), timeline.rate
    border = f"ceil(({chunk.first}+n_forced)*{spec.segment_seconds * rate.numerator}/{rate.denominator})"
    return {
        "c:v": "libx264",
        "preset": spec.preset,
        "crf": 23,
        "maxrate": rung.max_bitrate,
        "bufsize": rung.max_bitrate * BUFFER_SECONDS,
        "pix_fmt": "yuv420p",
        # Keyframes exactly on the borders and nowhere else: players switch rungs only there.
        "force_key_frames": f"expr:gte(n,{border}-{first})",
        "forced-idr": 1,
        "g": int(rate * spec.segment_seconds) * 2 + 2,
        "sc_threshold": 0,
        "flags": "+cgop",
        "fps_mode": "passthrough",
        "frames:v": timeline.first_frame(chunk.end) - first,
        "output_ts_offset": f"{float(timeline.seconds(first)):.6f}",
        "avoid_negative_ts": "disabled",
        **threads,
        **_hls_options(rung.quality),
        # Between borders that fall between frames there are more or less than segment_seconds.
        "hls_time": EVERY_KEYFRAME_SECONDS,
        "start_number": chunk.first,
        # A keyframe's time is its place in the whole; frames shown before it is decoded have negative offsets. So no
        # chunk begins with a delay, nor an init segment with an edit list that says so.
        "hls_segment_options": "movflags=+frag_discont+negative_cts_offsets",
    }


def _audio_options(source: SourceInfo, spec: JobSpec) -> dict[str, Any]:
    return {
        "t": f"{_sound_seconds(source):.6f}",
        "c:a": "aac",
        "b:a": AUDIO_BITRATE,
        "ac": 2,
        "ar": AUDIO_RATE,
        **_hls_options(AUDIO),
        "hls_time": spec.segment_seconds,
    }


def _hls_options(quality: str) -> dict[str, Any]:
    return {
        "map_metadata": -1,
        "map_chapters": -1,
        "format": "hls",
        "hls_list_size": 0,
        "hls_playlist_type": "event",
        "hls_segment_type": "fmp4",
        # temp_file: a segment or playlist appears under its name only when it is complete.
        "hls_flags": "temp_file+independent_segments",
        "hls_fmp4_init_filename": INIT,
        "hls_segment_filename": f"{quality}/seg_%05d.m4s",
    }
