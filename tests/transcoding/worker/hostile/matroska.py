"""Matroska by hand (RFC 9559), to say in it what no muxer would."""

import struct

EBML = bytes.fromhex("1A45DFA3") + b"\x8b" + bytes.fromhex("4282 88") + b"matroska"
SEGMENT, INFO, TRACKS, CLUSTER = "18538067", "1549A966", "1654AE6B", "1F43B675"
UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
MILLISECOND_NS = 1_000_000


def element(name: str, body: bytes, *, endless: bool = False) -> bytes:
    """Return an element; an endless one does not say how long it is."""
    return bytes.fromhex(name) + (UNKNOWN_SIZE if endless else struct.pack(">Q", len(body) | 1 << 56)) + body


def number(name: str, value: int) -> bytes:
    return element(name, value.to_bytes(8))


def info(*, seconds: float | None = None, more: bytes = b"") -> bytes:
    """Return what is said of the whole: its duration, if any."""
    duration = b"" if seconds is None else element("4489", struct.pack(">d", seconds * 1000))
    return element(INFO, number("2AD7B1", MILLISECOND_NS) + duration + more)


def track(
    track_number: int, codec: str, *, width: int = 640, height: int = 360, private: bytes = b"", frame_ns: int = 0
) -> bytes:
    """Return a video track's entry."""
    size = number("B0", width) + number("BA", height)
    return element(
        "AE",
        number("D7", track_number)
        + number("73C5", track_number)
        + number("83", 1)
        + element("86", codec.encode())
        + (element("63A2", private) if private else b"")
        + (number("23E383", frame_ns) if frame_ns else b"")
        + element("E0", size),
    )


def block(payload: bytes, *, milliseconds: int, key: bool = True) -> bytes:
    """Return a frame of track 1; its time is that in its cluster."""
    return element("A3", b"\x81" + struct.pack(">h", milliseconds) + bytes([0x80 if key else 0]) + payload)


def cluster(milliseconds: int, blocks: bytes, *, endless: bool = False) -> bytes:
    return element(CLUSTER, number("E7", milliseconds) + blocks, endless=endless)


def clusters(frames: list[bytes], *, rate: int) -> bytes:
    """Return all frames, a second of them in each cluster; only the first is a keyframe unless all are the same."""
    made = []
    for second, first in enumerate(range(0, len(frames), rate)):
        some = frames[first : first + rate]
        parts = (
            block(frame, milliseconds=1000 * n // rate, key=frame is frames[0] or first + n == 0)
            for n, frame in enumerate(some)
        )
        made.append(cluster(1000 * second, b"".join(parts)))
    return b"".join(made)


def file(*parts: bytes, endless: bool = False) -> bytes:
    """Return the whole file."""
    return EBML + element(SEGMENT, b"".join(parts), endless=endless)


def fourcc(name: str, *, width: int = 640, height: int = 360) -> bytes:
    """Return the private data of a track that is coded as in AVI, whose codec is V_MS/VFW/FOURCC."""
    return struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, name.encode(), 0, 0, 0, 0, 0)
