"""Pictures whose header promises far more than they hold."""

import struct
import zlib


def png(width: int, height: int) -> bytes:
    """Return a black picture of one bit a pixel: a thousandth of its size."""
    row = bytes(1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join([*(packer.compress(row) for _ in range(height)), packer.flush()])
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
            (b"IDAT", packed),
            (b"IEND", b""),
        )
    )


def jpeg(width: int, height: int) -> bytes:
    """Return a JPEG that ends after its header."""
    quantization = b"\xff\xdb" + struct.pack(">H", 67) + b"\0" + bytes([1] * 64)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    tables = b"\xff\xc4" + struct.pack(">H", 20) + b"\0\1" + bytes(15) + b"\0"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + bytes(64)
    return b"\xff\xd8" + quantization + frame + tables + scan + b"\xff\xd9"


def jpeg2000(width: int, height: int) -> bytes:
    """Return a code stream of one tile and one component that ends after its header."""
    size = struct.pack(">HIIIIIIIIHBBB", 0, width, height, 0, 0, width, height, 0, 0, 1, 7, 1, 1)
    coding = b"\0\0\0\1\0\5\4\4\0\1"
    quantization = b"\x40" + bytes([0x48] * 16)
    tile = struct.pack(">HIBB", 0, 0, 0, 1)
    return b"\xff\x4f" + b"".join(
        b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body
        for marker, body in ((0x51, size), (0x52, coding), (0x5C, quantization), (0x90, tile))
    ) + b"\xff\x93" + bytes(64) + b"\xff\xd9"  # fmt: skip


class Bits:
    """Bits in the order of H.264."""

    def __init__(self) -> None:
        self._text = ""

    def fixed(self, value: int, width: int) -> "Bits":
        self._text += f"{value:0{width}b}"
        return self

    def golomb(self, *values: int) -> "Bits":
        for value in values:
            code = f"{value + 1:b}"
            self._text += "0" * (len(code) - 1) + code
        return self

    def ended(self) -> bytes:
        text = self._text + "1"
        return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def h264_configuration(width: int, height: int) -> bytes:
    """Return the decoder configuration of a picture of so many pixels, both whole multiples of 16."""
    sps = b"\x67" + (
        Bits().fixed(66, 8).fixed(0, 8).fixed(62, 8).golomb(0, 0, 0, 0, 1).fixed(0, 1)
        .golomb(width // 16 - 1, height // 16 - 1).fixed(0b1000, 4).ended()
    )  # fmt: skip
    pps = b"\x68" + Bits().golomb(0, 0).fixed(0, 2).golomb(0, 0, 0).fixed(0, 3).golomb(0, 0, 0).fixed(0, 3).ended()
    return b"\1\x42\0\x3e\xff" + b"".join(b"\1" + struct.pack(">H", len(part)) + part for part in (sps, pps)).replace(
        b"\1", b"\xe1", 1
    )


def h264_frame() -> bytes:
    """Return a keyframe whose only slice begins and is then nonsense."""
    slice_ = b"\x65" + Bits().golomb(0, 7, 0).fixed(0, 4).golomb(0, 0).fixed(0, 2).golomb(0).ended() + bytes(range(64))
    return struct.pack(">I", len(slice_)) + slice_
