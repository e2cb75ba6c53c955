"""Read the boxes of our own init segments and segments. Pure."""

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})
VISUAL_ENTRY_BYTES = 78  # the fixed part of a VisualSampleEntry, before its own boxes
AUDIO_ENTRY_BYTES = 28
DECODER_CONFIG_TAG = 0x04
DECODER_SPECIFIC_TAG = 0x05
DECODER_CONFIG_BYTES = 13
ES_ID_BYTES = 3
LONG_SIZE = 1
HEADER_BYTES, LONG_HEADER_BYTES = 8, 16  # a size and a name, then for large boxes the real size


class CodecsError(ValueError):
    """The init segment holds no codec this program writes."""


def is_whole(file: BinaryIO) -> bool:
    """Tell whether a segment's boxes end exactly where the file ends; ffmpeg exits 0 on a full disk."""
    end = file.seek(0, os.SEEK_END)
    position = 0
    while position < end:
        file.seek(position)
        header = file.read(LONG_HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            return False
        size = struct.unpack_from(">I", header)[0]
        if size == LONG_SIZE and len(header) == LONG_HEADER_BYTES:
            size = struct.unpack_from(">Q", header, 8)[0]
        if size < HEADER_BYTES:
            return False
        position += size
    return 0 < end == position


def codecs_of(init: bytes) -> str:
    """Return "avc1.64001f" or "mp4a.40.2" for the first track of an init segment; raise CodecsError."""
    try:
        for name, body in _sample_entries(init):
            if name == b"avc1":
                configuration = dict(_boxes(body[VISUAL_ENTRY_BYTES:]))[b"avcC"]
                return f"avc1.{configuration[1:4].hex()}"
            if name == b"mp4a":
                descriptor = dict(_boxes(body[AUDIO_ENTRY_BYTES:]))[b"esds"]
                return f"mp4a.{_audio_object(descriptor[4:])}"
    except (KeyError, IndexError, struct.error) as error:
        raise CodecsError("The init segment is damaged.") from error
    raise CodecsError("The init segment holds neither H.264 nor AAC.")


def _sample_entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    for name, body in _boxes(data):
        if name in CONTAINERS:
            yield from _sample_entries(body)
        elif name == b"stsd":
            yield from _boxes(body[8:])


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    while position + HEADER_BYTES <= len(data):
        size, name = struct.unpack_from(">I4s", data, position)
        header = HEADER_BYTES
        if size == LONG_SIZE:
            size, header = struct.unpack_from(">Q", data, position + HEADER_BYTES)[0], LONG_HEADER_BYTES
        if size < header:
            return
        yield name, data[position + header : position + size]
        position += size


def _audio_object(descriptors: bytes) -> str:
    """Walk the MPEG-4 descriptors down to the object type, "40.2" for AAC-LC."""
    _, body = _descriptor(descriptors)
    tag, configuration = _descriptor(body[ES_ID_BYTES:])
    if tag != DECODER_CONFIG_TAG:
        raise CodecsError("The init segment's sound is not described.")
    tag, specific = _descriptor(configuration[DECODER_CONFIG_BYTES:])
    if tag != DECODER_SPECIFIC_TAG:
        raise CodecsError("The init segment's sound is not described.")
    return f"{configuration[0]:x}.{specific[0] >> 3}"


def _descriptor(data: bytes) -> tuple[int, bytes]:
    """Split off one descriptor: a tag, a length of seven bits a byte, and that many bytes."""
    length, position, more = 0, 1, True
    while more:
        byte = data[position]
        length, more = length << 7 | byte & 0x7F, bool(byte & 0x80)
        position += 1
    return data[0], data[position : position + length]
