"""Find out whether frames are interlaced where the header does not say so."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from transcoding.worker import streams
from transcoding.worker.errors import PlatformError
from transcoding.worker.ffmpeg import run_program
from transcoding.worker.hardening import input_options, input_url
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.spec import Limits
from transcoding.worker.watchdog import Watchdog

LOOK_SECONDS = 30
SANDBOX = Sandbox(address_space_bytes=4 * 1024**3, file_size_bytes=0, open_files=64, cpu_seconds=LOOK_SECONDS)
# Fields come from television: these heights, these many frames a second, and none of these codecs.
TELEVISION_HEIGHTS = frozenset({480, 486, 512, 576, 1080, 1088})
TELEVISION_RATES = (Fraction(49, 2), Fraction(61, 2))
ALWAYS_PROGRESSIVE = frozenset({"vp8", "vp9", "av1"})
# Where in the video frames are looked at, as shares of it, and how many there.
PLACES = (0.1, 0.5, 0.8)
FRAMES = 10
# What a look must show before frames that are marked as progressive are not believed.
LEAST_COMBED = 8
COMBED_SHARE = 0.8
COMBED = re.compile(rb"lavfi\.idet\.multiple\.current_frame=(\w+)")
MARKED = re.compile(rb"marked=1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """`interlaced`: there are frames of two fields. `unmarked` is "tff" or "bff" when they are not marked as such."""

    interlaced: bool
    unmarked: str = ""


def fields_of(
    path: Path, video: streams.Stream, *, duration_seconds: float, limits: Limits, check: Callable[[], None]
) -> Fields:
    """Tell from the header, or else from some frames, whether this stream of the file at path is interlaced."""
    if streams.is_interlaced(video):
        return Fields(interlaced=True)
    if not _may_be_television(video):
        return Fields(interlaced=False)
    output = bytearray()
    try:
        run_program(
            _command(path, streams.whole(video["index"]), duration_seconds=duration_seconds, limits=limits),
            cwd=path.parent,
            sandbox=SANDBOX,
            watchdog=Watchdog(stall_seconds=LOOK_SECONDS, wall_seconds=LOOK_SECONDS),
            on_output=output.extend,
            on_tick=lambda _used: check(),
        )
    except PlatformError as error:
        # The header's word stands. Whether the pictures can be decoded is seen when they are.
        if error.code not in {"platform.timeout", "platform.stalled"}:
            raise
    return verdict(bytes(output))


def verdict(output: bytes) -> Fields:
    """Read what the filters say of the frames."""
    if MARKED.search(output):
        return Fields(interlaced=True)
    found = Counter(COMBED.findall(output))
    combed = found[b"tff"] + found[b"bff"]
    if combed < LEAST_COMBED or combed < COMBED_SHARE * (combed + found[b"progressive"]):
        return Fields(interlaced=False)
    return Fields(interlaced=True, unmarked="tff" if found[b"tff"] >= found[b"bff"] else "bff")


def _may_be_television(video: streams.Stream) -> bool:
    rate = streams.frame_rate(video)
    return (
        streams.whole(video.get("height")) in TELEVISION_HEIGHTS
        and video.get("codec_name") not in ALWAYS_PROGRESSIVE
        and (rate is None or TELEVISION_RATES[0] < rate < TELEVISION_RATES[1])
    )


def _command(path: Path, index: int, *, duration_seconds: float, limits: Limits) -> list[str]:
    options = [f"-{part}" for part in ("noautorotate", "noaccurate_seek")]
    for name, value in input_options(max_pixels=limits.max_pixels).items():
        options += [f"-{name}", value]
    inputs, chains, outputs = [], [], []
    for n, place in enumerate(PLACES):
        inputs += [*options, "-ss", f"{duration_seconds * place:.3f}", "-i", input_url(path)]
        chains += [
            f"[{n}:{index}]trim=end_frame={FRAMES},split[marks{n}][looks{n}]",
            # Separately, for "idet" marks the frames by what it finds.
            rf"[marks{n}]select=not(eq(interlace_type\,PROGRESSIVE)),metadata=mode=add:key=marked:value=1,"
            f"metadata=mode=print:key=marked:file=-[marked{n}]",
            f"[looks{n}]idet,metadata=mode=print:key=lavfi.idet.multiple.current_frame:file=-[looked{n}]",
        ]
        outputs += ["-map", f"[marked{n}]", "-map", f"[looked{n}]"]
    graph = ["-filter_complex", ";".join(chains)]
    return ["ffmpeg", "-nostdin", "-v", "error", *inputs, *graph, *outputs, "-f", "null", "-"]
