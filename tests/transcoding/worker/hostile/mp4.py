"""MP4 by hand (ISO/IEC 14496-12), to say in it what no muxer would."""

import struct
from collections.abc import Sequence

HEADER_BYTES = 8
IDENTITY = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def box(name: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", HEADER_BYTES + len(body), name.encode()) + body


def full(name: str, *parts: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, bytes([version]) + flags.to_bytes(3), *parts)


def replaced(data: bytes, path: Sequence[str], new: bytes) -> bytes:
    """Return data in which the first box at this path is another; sizes of those around it are made to fit.

    Nothing else moves where the boxes come after the media data.
    """
    made, position, is_done = [], 0, False
    while position < len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        whole = data[position : position + size]
        if not is_done and name == path[0].encode():
            is_done = True
            whole = box(path[0], replaced(whole[HEADER_BYTES:], path[1:], new)) if path[1:] else new
        made.append(whole)
        position += size
    return b"".join(made)


def file(tables: bytes, *, seconds: int = 1, codec: str = "jpeg", width: int = 640, height: int = 360) -> bytes:
    """Return a file with one video track, a thousand ticks a second, whose sample tables are given."""
    entry = box(codec, bytes(6), b"\0\1", bytes(16), struct.pack(">HH", width, height), bytes(50))
    ticks = 1000 * seconds
    return box("ftyp", b"isom", bytes(4), b"isom") + box(
        "moov",
        full("mvhd", struct.pack(">IIIIIH", 0, 0, 1000, ticks, 0x10000, 0x100), bytes(10), IDENTITY, bytes(27), b"\2"),
        box(
            "trak",
            full("tkhd", struct.pack(">IIIII", 0, 0, 1, 0, ticks), bytes(16), IDENTITY,
                 struct.pack(">II", width << 16, height << 16), flags=7),
            box(
                "mdia",
                full("mdhd", struct.pack(">IIIIHH", 0, 0, 1000, ticks, 0x55C4, 0)),
                full("hdlr", bytes(4), b"vide", bytes(13)),
                box("minf", full("vmhd", bytes(8), flags=1),
                    box("dinf", full("dref", b"\0\0\0\1", full("url ", flags=1))),
                    box("stbl", full("stsd", b"\0\0\0\1", entry), tables)),
            ),
        ),
    )  # fmt: skip


def alias(path: str) -> bytes:
    """Return a Macintosh alias to a file, as a track's media reference."""
    name = path.rpartition("/")[2].encode()
    where = path.encode() + b"\0" * (len(path) % 2)
    return full(
        "alis",
        bytes(10),
        b"\4" + b"disk".ljust(27, b"\0"),
        bytes(12),
        bytes([len(name)]) + name.ljust(63, b"\0"),
        bytes(16),
        struct.pack(">HH", 1, 1),
        bytes(16),
        struct.pack(">HH", 2, len(where)) + where,
        struct.pack(">hH", -1, 0),
    )
