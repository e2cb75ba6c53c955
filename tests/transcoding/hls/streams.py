"""What ffprobe and ffmpeg read of a rendition, without a look at its playlist."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from tests.transcoding.hls.fragments import begins
from tests.transcoding.worker.tools import ffmpeg, ffprobe

AUDIO_OBJECTS = {"LC": 2}
"""MPEG-4 audio object types by the names ffprobe has for them."""
IDR, NON_IDR = 5, 1
"""Kinds of H.264 slices."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One segment: when it begins and how long it lasts in seconds, its bytes, and its first slice's NAL unit type.

    `start` is read from its boxes, and `seconds` by ffprobe.
    """

    start: Fraction
    seconds: Fraction
    size_bytes: int
    first_slice: int | None


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One rendition as it is played: ffprobe's facts, and its segments."""

    facts: dict[str, Any]
    codec: str
    parts: list[Part]

    @property
    def frame_rate(self) -> Fraction:
        return Fraction(self.facts["avg_frame_rate"])

    @property
    def seconds(self) -> Fraction:
        return sum((part.seconds for part in self.parts), Fraction(0))


def read_stream(files: list[Path], joined: Path) -> Stream:
    """Read the init segment and the segments, joined into a file of that name."""
    contents = [file.read_bytes() for file in files]
    joined.write_bytes(whole := b"".join(contents))
    found = ffprobe(joined, "-show_streams", "-show_packets")
    (facts,), packets = found["streams"], found["packets"]
    ends = list(accumulate(len(content) for content in contents))
    by_part: list[list[dict[str, Any]]] = [[] for _ in contents]
    for packet in packets:
        by_part[bisect_right(ends, int(packet["pos"]))].append(packet)
    assert not by_part[0], "there are frames in the init segment"
    tick = Fraction(facts["time_base"])
    starts = [min(packet["pts"] for packet in part) * tick for part in by_part[1:]]
    # ffprobe does not say how long the first packet of sound lasts.
    last = max(packet["pts"] + packet.get("duration", 0) for packet in by_part[-1]) * tick
    is_video = facts["codec_type"] == "video"
    lengths = [end - start for start, end in pairwise([*starts, last])]
    parts = [
        Part(
            start=start,
            seconds=seconds,
            size_bytes=len(content),
            first_slice=_first_slice(whole, part[0]) if is_video else None,
        )
        for start, seconds, content, part in zip(
            begins(files[0], files[1:]), lengths, contents[1:], by_part[1:], strict=True
        )
    ]
    return Stream(facts=facts, codec=_avc(joined, facts) if is_video else _aac(facts), parts=parts)


def _first_slice(whole: bytes, packet: dict[str, Any]) -> int | None:
    """Return the type of the first slice in a packet of NAL units that each come after their length."""
    position = int(packet["pos"])
    end = position + int(packet["size"])
    while position < end:
        kind = whole[position + 4] & 0x1F
        if kind in {IDR, NON_IDR}:
            return kind
        position += 4 + int.from_bytes(whole[position : position + 4], "big")
    return None


def _avc(joined: Path, facts: dict[str, Any]) -> str:
    """Return the codec's name (RFC 6381) by the sequence parameter set in the bitstream, as ffmpeg traces it."""
    log = ffmpeg("-i", joined, "-c", "copy", "-frames:v", "1", "-bsf:v", "trace_headers", "-f", "null", "-")
    fields = dict(re.findall(r"\d+\s+(profile_idc|constraint_set\d_flag|level_idc)\s+[01]+ = (\d+)", log))
    flags = sum(int(fields[f"constraint_set{n}_flag"]) << (7 - n) for n in range(6))
    assert int(fields["level_idc"]) == facts["level"]
    return f"avc1.{int(fields['profile_idc']):02x}{flags:02x}{facts['level']:02x}"


def _aac(facts: dict[str, Any]) -> str:
    assert facts["codec_name"] == "aac"
    return f"mp4a.40.{AUDIO_OBJECTS[facts['profile']]}"
