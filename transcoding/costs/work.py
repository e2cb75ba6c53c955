"""How much there is to do to transcode a video, in one number that its CPU seconds follow. Pure.

Measured with bench/cost.py, from 640x272 to 3840x2160 and from 15 to 60 s of a film, an animation and a test picture:
CPU seconds for one such megapixel were 0.011 to 0.019, and most of them 0.013 to 0.015. For a megapixel of the source
they were 0.008 to 0.031, for a megabyte of it 0.5 to 3.2.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from transcoding.worker.frame_rate import MAX_FRAME_RATE, output_frame_rate
from transcoding.worker.ladder import choose_rungs
from transcoding.worker.spec import LadderEntry

DECODED_SHARE = 1 / 6
"""What it takes to decode a pixel and scale it, in pixels encoded: from a film in 1920x1080 and in 3840x2160."""


def megapixels(source: Mapping[str, Any], *, ladder: Sequence[int]) -> float:
    """Return the pixels of every frame in every quality, and a part of those of the source, in millions.

    Frames are those that are encoded: of 120 or 240 in a second every second or fourth, which costs no more than 60.
    `source` is what a transcoder reports of it (docs/protocol.md §7), `ladder` the heights that are made.

    >>> round(megapixels({"width": 1280, "height": 720, "frameRate": 30.0, "durationSeconds": 1.0}, ladder=[720]))
    32
    """
    width, height = source["width"], source["height"]
    entries = [LadderEntry(quality=f"{rung}p", height=rung, max_bitrate=0) for rung in set(ladder)]
    encoded = sum(rung.width * rung.height for rung in choose_rungs(entries, width=width, height=height))
    told = source.get("frameRate")
    rate = float(output_frame_rate(Fraction(told) if told else None, most=MAX_FRAME_RATE))
    return float((encoded + DECODED_SHARE * width * height) * rate * source["durationSeconds"] / 1e6)
