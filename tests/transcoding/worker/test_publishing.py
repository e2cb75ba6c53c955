"""Publishing what ffmpeg finishes, and taking it back."""

from pathlib import Path

import pytest

from tests.transcoding.worker.test_boxes import box
from tests.transcoding.worker.tools import PREFIX
from transcoding.worker.errors import PlatformError
from transcoding.worker.publishing import Publisher, RenditionPublisher
from transcoding.worker.report import Rendition, Report
from transcoding.worker.storage import LocalStorage

WHOLE = box(b"moof", b"x") + box(b"mdat", b"y" * 50)
INIT = box(b"moov", box(b"stsd", b"\0" * 8 + box(b"avc1", b"\0" * 78 + box(b"avcC", b"\x01\x64\x00\x1f"))))


@pytest.fixture
def report() -> Report:
    return Report(video_id="v", attempt=1, renditions={"240p": Rendition(quality="240p", kind="video")})


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(LocalStorage(tmp_path / "store"), PREFIX)


def rendition(tmp_path: Path, publisher: Publisher, report: Report, *, keep_files: bool = False) -> RenditionPublisher:
    directory = tmp_path / "240p"
    directory.mkdir()
    (directory / "init.mp4").write_bytes(INIT)
    (directory / "seg_00000.m4s").write_bytes(WHOLE)
    (directory / "index.m3u8").write_text("#EXTM3U\n#EXTINF:4.0,\nseg_00000.m4s\n")
    return RenditionPublisher(directory, publisher=publisher, report=report, keep_files=keep_files)


def stored(tmp_path: Path) -> list[str]:
    root = tmp_path / "store"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_a_finished_segment_is_published_after_its_init_and_then_reported(
    tmp_path: Path, publisher: Publisher, report: Report
) -> None:
    rendition(tmp_path, publisher, report).publish_finished()
    assert stored(tmp_path) == [f"{PREFIX}240p/init.mp4", f"{PREFIX}240p/seg_00000.m4s"]
    told = report.next_document()[0]["renditions"][0]
    assert told["codecs"] == "avc1.64001f"
    assert told["segments"] == [{"n": 0, "duration": 4.0, "bytes": len(WHOLE)}]


@pytest.mark.parametrize("keep_files", [True, False])
def test_a_published_segment_frees_its_place_unless_it_is_needed(
    tmp_path: Path, publisher: Publisher, report: Report, *, keep_files: bool
) -> None:
    rendition(tmp_path, publisher, report, keep_files=keep_files).publish_finished()
    assert (tmp_path / "240p" / "seg_00000.m4s").exists() is keep_files


def test_a_segment_cut_by_a_full_disk_is_not_published(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    follower = rendition(tmp_path, publisher, report)
    (tmp_path / "240p" / "seg_00000.m4s").write_bytes(WHOLE[:-1])
    with pytest.raises(PlatformError) as damaged:
        follower.publish_finished()
    assert damaged.value.code == "platform.damaged-output"
    assert report.next_document()[1] == []


def test_a_playlist_without_an_end_is_our_fault(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    follower = rendition(tmp_path, publisher, report)
    follower.publish_finished()
    with pytest.raises(PlatformError):
        follower.require_complete()


def test_everything_is_taken_back(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    rendition(tmp_path, publisher, report).publish_finished()
    publisher.take_back()
    assert stored(tmp_path) == []
    assert not (tmp_path / "store" / "renditions").exists()
