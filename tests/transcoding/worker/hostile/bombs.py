"""Small or odd files that are made to take memory, disk or time."""

import struct
from collections.abc import Callable
from pathlib import Path

from tests.transcoding.worker.hostile import images, matroska, mp4
from tests.transcoding.worker.tools import ffmpeg, make_clip

Bomb = Callable[[Path], object]
"""Writes the file."""
HUGE = 60_000
MOST_PIXELS = (8192, 4320)
"""The largest picture that the site takes."""


def picture(codec: str, frame: bytes, *, private: bytes = b"") -> Bomb:
    """Return ten frames of a picture that the container says to be 640x360."""
    parts = matroska.info(seconds=1), matroska.element(matroska.TRACKS, matroska.track(1, codec, private=private))
    return lambda path: path.write_bytes(matroska.file(*parts, matroska.clusters([frame] * 10, rate=10)))


def in_avi(name: str) -> tuple[str, bytes]:
    return "V_MS/VFW/FOURCC", matroska.fourcc(name)


def png_picture(path: Path) -> None:
    codec, private = in_avi("MPNG")
    picture(codec, images.png(HUGE, HUGE), private=private)(path)


def jpeg_picture(path: Path) -> None:
    picture("V_MJPEG", images.jpeg(65_500, 65_500))(path)


def jpeg2000_picture(path: Path) -> None:
    codec, private = in_avi("MJ2C")
    picture(codec, images.jpeg2000(HUGE, HUGE), private=private)(path)


def h264_picture(path: Path) -> None:
    picture("V_MPEG4/ISO/AVC", images.h264_frame(), private=images.h264_configuration(16_384, 16_384))(path)


def said_huge(path: Path) -> None:
    """Only the container says so."""
    tracks = matroska.element(matroska.TRACKS, matroska.track(1, "V_MJPEG", width=HUGE, height=HUGE))
    path.write_bytes(matroska.file(matroska.info(), tracks, matroska.clusters([images.jpeg(64, 64)] * 10, rate=10)))


def frame_rate(path: Path) -> None:
    make_clip(path, seconds=0.02, rate="57600", options=("-f", "mp4"))


def ten_thousand_tracks(path: Path) -> None:
    tracks = b"".join(matroska.track(n, "V_VP8") for n in range(1, 10_001))
    parts = matroska.element(matroska.TRACKS, tracks), matroska.cluster(0, matroska.block(b"", milliseconds=0))
    path.write_bytes(matroska.file(matroska.info(), *parts))


def a_thousand_pictures(path: Path) -> None:
    """Tracks that each have a decoder to be opened for a large picture."""
    private = images.h264_configuration(4096, 2160)
    tracks = b"".join(matroska.track(n, "V_MPEG4/ISO/AVC", private=private) for n in range(1, 1000))
    frame = images.h264_frame()
    blocks = b"".join(
        matroska.element("A3", struct.pack(">H", 0x4000 | n) + b"\0\0\x80" + frame) for n in range(1, 1000)
    )
    parts = matroska.element(matroska.TRACKS, tracks), matroska.cluster(0, blocks)
    path.write_bytes(matroska.file(matroska.info(), *parts))


def centuries_by_header(path: Path) -> None:
    """A second that is said to be the whole of known history."""
    clip = make_clip(path.with_name("clip.mkv"), seconds=1).read_bytes()
    at = clip.index(bytes.fromhex("4489")) + 3
    path.write_bytes(clip[:at] + struct.pack(">d", 1e14) + clip[at + 8 :])


def centuries_by_table(path: Path) -> None:
    """Two frames that are 49 days apart."""
    tables = mp4.full("stts", struct.pack(">III", 1, 2, 2**32 - 1)) + mp4.full("stsz", struct.pack(">II", 1, 2))
    places = mp4.full("stsc", struct.pack(">IIII", 1, 1, 2, 1)) + mp4.full("stco", struct.pack(">II", 1, 0))
    path.write_bytes(mp4.file(tables + places, seconds=2**22))


def a_hundred_million_samples(path: Path) -> None:
    """An index of 700 bytes, which takes gigabytes once it is written out."""
    count = 10**8
    tables = mp4.full("stts", struct.pack(">III", 1, count, 1)) + mp4.full("stsz", struct.pack(">II", 1, count))
    places = mp4.full("stsc", struct.pack(">IIII", 1, 1, count, 1)) + mp4.full("stco", struct.pack(">II", 1, 0))
    path.write_bytes(mp4.file(tables + places, seconds=1000))


def large_index(path: Path) -> None:
    """A moov box of a quarter of a gigabyte, most of which is nothing."""
    size = 2**28
    with path.open("wb") as file:
        file.write(mp4.box("ftyp", b"isom", bytes(4), b"isom") + struct.pack(">I4s", size, b"moov"))
        file.write(struct.pack(">I4s", size - 8, b"udta"))
        file.truncate(file.tell() + size - 16)


def nested_boxes(path: Path) -> None:
    """A box in a box in a box, a hundred thousand deep."""
    deep = 100_000
    nested = b"".join(struct.pack(">I4s", 8 * (deep - n), b"moov" if n % 2 else b"trak") for n in range(1, deep))
    path.write_bytes(mp4.box("ftyp", b"isom", bytes(4), b"isom") + struct.pack(">I4s", 8 * deep, b"moov") + nested)


def endless_cluster(path: Path) -> None:
    """A segment and a cluster that never end, full of frames without a byte in them."""
    tracks = matroska.element(matroska.TRACKS, matroska.track(1, "V_VP8"))
    endless = matroska.cluster(0, matroska.block(b"", milliseconds=0) * 500_000, endless=True)
    path.write_bytes(matroska.file(matroska.info(), tracks, endless, endless=True))


def tiny_packets(path: Path) -> None:
    """Sixty thousand frames of a byte, a thousand a second."""
    tracks = matroska.element(matroska.TRACKS, matroska.track(1, "V_VP8"))
    second = b"".join(matroska.block(b"\1", milliseconds=n) for n in range(1000))
    path.write_bytes(matroska.file(matroska.info(), tracks, *(matroska.cluster(1000 * n, second) for n in range(60))))


def black_png_video(path: Path) -> None:
    """Four minutes of the largest pictures, in a thousandth of their size."""
    codec, private = in_avi("MPNG")
    tracks = matroska.element(matroska.TRACKS, matroska.track(1, codec, private=private))
    frames = [images.png(*MOST_PIXELS)] * 6000
    path.write_bytes(matroska.file(matroska.info(), tracks, matroska.clusters(frames, rate=25)))


def repeated_vp9(path: Path) -> None:
    """Three minutes of a large picture: once, and then the same few bytes that say that nothing changed."""
    raw = path.with_suffix(".ivf")
    width, height = 2560, 1440
    still = ("-f", "lavfi", "-i", f"color=gray:size={width}x{height}:rate=30", "-frames:v", "2")
    ffmpeg(*still, "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-row-mt", "1", raw)
    data, frames, position = raw.read_bytes(), [], 32
    while position < len(data):
        length = struct.unpack_from("<I", data, position)[0]
        frames.append(data[position + 12 : position + 12 + length])
        position += 12 + length
    key, same = frames
    tracks = matroska.element(matroska.TRACKS, matroska.track(1, "V_VP9", width=width, height=height))
    path.write_bytes(matroska.file(matroska.info(), tracks, matroska.clusters([key, *[same] * 6000], rate=30)))
