"""When a segment begins, by its own boxes (ISO/IEC 14496-12): ffmpeg shows frames later when offsets are negative."""

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

DATA_OFFSET, FIRST_FLAGS = 0x1, 0x4
"""Optional fields of a track run, and those of each of its samples:"""
DURATION, SIZE, FLAGS, OFFSET = 0x100, 0x200, 0x400, 0x800


def begins(init: Path, segments: list[Path]) -> list[Fraction]:
    """Return when the first frame of each segment is shown, in seconds of the presentation."""
    head = init.read_bytes()
    tracks = "moov", "trak"
    timescale = _number(_only(head, *tracks, "mdia", "mdhd"), version_0=12, version_1=20)
    default = struct.unpack(">I", _only(head, "moov", "mvex", "trex")[12:16])[0]
    skipped = sum(struct.unpack(">i", edits[12:16])[0] for edits in _find(head, *tracks, "edts", "elst"))
    return [Fraction(_first(path.read_bytes(), default) - skipped, timescale) for path in segments]


def _first(segment: bytes, default: int) -> int:
    """Return the least time at which a frame of the first fragment is shown, in ticks of its track."""
    base = _number(_only(segment, "moof", "traf", "tfdt"), version_0=4, version_1=4, wide=True)
    header = _only(segment, "moof", "traf", "tfhd")
    flags = int.from_bytes(header[1:4])
    if flags & 0x8:  # the duration comes after the track's id and whichever fields are there
        default = struct.unpack_from(">I", header, 8 + 8 * bool(flags & 0x1) + 4 * bool(flags & 0x2))[0]
    run = _only(segment, "moof", "traf", "trun")
    flags, count = int.from_bytes(run[1:4]), int.from_bytes(run[4:8])
    position, decoded = 8 + 4 * bool(flags & DATA_OFFSET) + 4 * bool(flags & FIRST_FLAGS), base
    shown: list[int] = []
    for _ in range(count):
        fields = {}
        for field in (DURATION, SIZE, FLAGS, OFFSET):
            if flags & field:
                fields[field] = struct.unpack_from(">i", run, position)[0]
                position += 4
        shown.append(decoded + fields.get(OFFSET, 0))
        decoded += fields.get(DURATION, default)
    return min(shown)


def _number(body: bytes, *, version_0: int, version_1: int, wide: bool = False) -> int:
    """Read a field that lies elsewhere, or is wider, in the second version of its box."""
    if body[0] == 0:
        return int.from_bytes(body[version_0 : version_0 + 4])
    return int.from_bytes(body[version_1 : version_1 + (8 if wide else 4)])


def _only(data: bytes, *path: str) -> bytes:
    (found,) = _find(data, *path)
    return found


def _find(data: bytes, *path: str) -> Iterator[bytes]:
    position = 0
    while position < len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        if name.decode("latin-1") == path[0]:
            body = data[position + 8 : position + size]
            if path[1:]:
                yield from _find(body, *path[1:])
            else:
                yield body
        position += size
