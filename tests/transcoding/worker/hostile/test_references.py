"""Videos that name other files in their own ways: what they name is never touched."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.transcoding.worker.hostile import matroska, mp4
from tests.transcoding.worker.hostile.attempt import MIB, attempt, require_bounded, require_refused
from tests.transcoding.worker.hostile.trap import Trap, trap
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import ffmpeg, make_clip

pytestmark = pytest.mark.media

DREF = ("moov", "trak", "mdia", "minf", "dinf", "dref")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    return make_clip(tmp_path / "victim.mp4", seconds=0.2)


@pytest.fixture
def caught(victim: Path) -> Iterator[Trap]:
    with trap(victim) as set_up:
        yield set_up


def with_reference(root: Path, reference: bytes) -> Path:
    """Make a video whose first track's data are elsewhere."""
    clip = make_clip(root / "clip.mp4", seconds=0.2)
    source = root / "source.mp4"
    source.write_bytes(mp4.replaced(clip.read_bytes(), DREF, mp4.full("dref", b"\0\0\0\1", reference)))
    return source


def require_untouched(found: Trap) -> None:
    assert not found.was_called()
    assert not found.was_opened()


def test_the_data_of_a_track_are_not_taken_from_another_file(
    tmp_path: Path, site: Site, victim: Path, caught: Trap
) -> None:
    ending = attempt(tmp_path, site, with_reference(tmp_path, mp4.alias(str(victim))))
    require_untouched(caught)
    require_refused(ending, ["source.no-video-stream", "source.undecodable", "source.truncated"])
    require_bounded(ending, disk_bytes=MIB, cpu_seconds=20)


def test_it_would_be_taken_by_an_ffmpeg_that_was_told_so(tmp_path: Path, victim: Path, caught: Trap) -> None:
    source = with_reference(tmp_path, mp4.alias(str(victim)))
    told = ["-enable_drefs", "1", "-use_absolute_path", "1"]
    command = ["ffprobe", "-v", "error", *told, "-show_packets", str(source)]
    subprocess.run(command, check=False, capture_output=True, timeout=20)
    assert caught.was_opened()


def test_the_data_of_a_track_are_not_fetched_from_an_address(tmp_path: Path, site: Site, caught: Trap) -> None:
    address = f"http://127.0.0.1:{caught.port}/x.mp4\0".encode()
    # ffmpeg knows no reference by URL, and looks for the samples in this file.
    ending = attempt(tmp_path, site, with_reference(tmp_path, mp4.full("url ", address)))
    require_untouched(caught)
    assert ending.code == 0
    require_bounded(ending, disk_bytes=MIB, cpu_seconds=20)


def test_a_movie_that_is_only_an_address_is_refused(tmp_path: Path, site: Site, victim: Path, caught: Trap) -> None:
    addresses = [f"http://127.0.0.1:{caught.port}/x.mp4", str(victim)]
    references = [
        mp4.box("rmda", mp4.full("rdrf", b"url ", len(address).to_bytes(4), address.encode())) for address in addresses
    ]
    source = tmp_path / "source.mov"
    source.write_bytes(mp4.box("ftyp", b"qt  ", bytes(4), b"qt  ") + mp4.box("moov", mp4.box("rmra", *references)))
    ending = attempt(tmp_path, site, source)
    require_untouched(caught)
    require_refused(ending, ["source.unreadable", "source.no-video-stream"])
    require_bounded(ending, cpu_seconds=10)


def test_segments_that_are_said_to_be_in_other_files_are_not_looked_for(
    tmp_path: Path, site: Site, victim: Path, caught: Trap
) -> None:
    """Matroska names the file that comes before and after, and orders chapters from others."""
    clip = make_clip(tmp_path / "clip.mkv", seconds=0.4).read_bytes()
    names = b"".join(
        matroska.element(name, str(where).encode())
        for name, where in (("3C83AB", victim), ("3E83BB", victim), ("7384", victim.name))
    )
    uids = b"".join(matroska.element(name, bytes(range(16))) for name in ("3CB923", "3EB923"))
    at = clip.index(bytes.fromhex(matroska.TRACKS))
    source = tmp_path / "source.mkv"
    source.write_bytes(clip[:at] + matroska.info(more=names + uids) + clip[at:])
    ending = attempt(tmp_path, site, source)
    require_untouched(caught)
    assert ending.code == 0
    require_bounded(ending, disk_bytes=MIB, cpu_seconds=20)


def test_attachments_and_subtitles_that_name_files_and_addresses_lead_nowhere(
    tmp_path: Path, site: Site, victim: Path, caught: Trap
) -> None:
    address = f"http://127.0.0.1:{caught.port}/x"
    (tmp_path / "list.m3u8").write_text(f"#EXTM3U\n#EXTINF:9,\n{address}.ts\n#EXTINF:9,\n{victim}\n")
    (tmp_path / "words.srt").write_text(f'1\n00:00:00,000 --> 00:00:01,000\n<img src="{address}.png">{victim}\n')
    clip = make_clip(tmp_path / "clip.mkv", seconds=0.4)
    source = tmp_path / "source.mkv"
    ffmpeg(
        "-i", clip, "-i", tmp_path / "words.srt", "-map", "0", "-map", "1", "-c", "copy", "-c:s", "ass",
        "-attach", tmp_path / "list.m3u8", "-metadata:s:t", "mimetype=application/x-mpegURL",
        "-metadata:s:t", f"filename={victim}", source,
    )  # fmt: skip
    ending = attempt(tmp_path, site, source)
    require_untouched(caught)
    assert ending.code == 0
    require_bounded(ending, disk_bytes=MIB, cpu_seconds=20)
