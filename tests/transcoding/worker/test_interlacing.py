"""Telling fields from frames where the header does not."""

from pathlib import Path

import pytest

from tests.transcoding.worker.tools import LIMITS, ffmpeg, interlaced_frames, stream
from transcoding.worker.interlacing import is_interlaced, verdict

# Strokes of four lines at random places, moved up by two lines a frame: between two of them lies a field.
STROKES = "lt(mod(floor((Y+2*N)/4)*7919,13),6.5)"
SCROLL = f"color=black:size=96x480:rate=30:duration=1,geq=lum='if({STROKES},235,16)':cb=128:cr=128"


def test_one_frame_that_is_marked_is_enough() -> None:
    assert verdict(b"frame:0\nmarked=1\n")


def test_nothing_is_no_proof() -> None:
    assert not verdict(b"")


@pytest.mark.media
def test_scrolling_text_that_looks_combed_is_still_progressive(tmp_path: Path) -> None:
    clip = tmp_path / "credits.mp4"
    ffmpeg("-f", "lavfi", "-i", SCROLL, "-c:v", "libx264", "-preset", "ultrafast", clip)
    assert interlaced_frames(clip) > 20
    found = is_interlaced(clip, stream(clip), duration_seconds=1, limits=LIMITS, check=lambda: None)
    assert not found
