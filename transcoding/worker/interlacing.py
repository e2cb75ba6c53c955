"""Find out whether frames are interlaced where the header does not say so.

Only marks count, never the look: scrolling text in a progressive film is combed just like fields are, for minutes.
"""

import re
from collections.abc import Callable
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
MARKED = re.compile(rb"marked=1")


def is_interlaced(
    path: Path, video: streams.Stream, *, duration_seconds: float, limits: Limits, check: Callable[[], None]
) -> bool:
    """Tell from the header, or else from some frames, whether this stream of the file at path is interlaced."""
    if streams.is_interlaced(video):
        return True
    if not _may_be_television(video):
        return False
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


def verdict(output: bytes) -> bool:
    """Read what the filters say of the frames."""
    return MARKED.search(output) is not None


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
            rf"[{n}:{index}]trim=end_frame={FRAMES},select=not(eq(interlace_type\,PROGRESSIVE)),"
            f"metadata=mode=add:key=marked:value=1,metadata=mode=print:key=marked:file=-[marked{n}]"
        ]
        outputs += ["-map", f"[marked{n}]"]
    graph = ["-filter_complex", ";".join(chains)]
    return ["ffmpeg", "-nostdin", "-v", "error", *inputs, *graph, *outputs, "-f", "null", "-"]
