"""Publishing what ffmpeg finishes, and taking it back."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.transcoding.worker.test_boxes import box
from tests.transcoding.worker.tools import PREFIX
from transcoding.worker.errors import PlatformError, Stopped
from transcoding.worker.publishing import Publisher, RenditionPublisher
from transcoding.worker.report import Rendition, Report
from transcoding.worker.storage import LocalStorage

WHOLE = box(b"moof", b"x") + box(b"mdat", b"y" * 50)
INIT = box(b"moov", box(b"stsd", b"\0" * 8 + box(b"avc1", b"\0" * 78 + box(b"avcC", b"\x01\x64\x00\x1f"))))


def go_on() -> None:
    pass


@pytest.fixture
def report() -> Report:
    return Report(video_id="v", attempt=1, renditions={"240p": Rendition(quality="240p", kind="video")})


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    return Publisher(LocalStorage(tmp_path / "store"), PREFIX, check=go_on)


class GatedStorage(LocalStorage):
    """A disk on which a name is only published once its gate is open."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.gates: dict[str, threading.Event] = {}
        self.order: list[str] = []

    def publish(self, path: Path, key: str, *, check: Callable[[], None]) -> None:
        gate = self.gates.get(path.name)
        while gate and not gate.wait(0.02):
            check()
        self.order.append(key)
        super().publish(path, key, check=check)


@pytest.fixture
def gated(tmp_path: Path) -> GatedStorage:
    return GatedStorage(tmp_path / "store")


def files(tmp_path: Path, *names: str) -> list[Path]:
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(b"content")
    return paths


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
    publisher.wait()
    assert stored(tmp_path) == [f"{PREFIX}240p/init.mp4", f"{PREFIX}240p/seg_00000.m4s"]
    told = report.next_document()[0]["renditions"][0]
    assert told["codecs"] == "avc1.64001f"
    assert told["segments"] == [{"n": 0, "duration": 4.0, "bytes": len(WHOLE)}]


@pytest.mark.parametrize("keep_files", [True, False])
def test_a_published_segment_frees_its_place_unless_it_is_needed(
    tmp_path: Path, publisher: Publisher, report: Report, *, keep_files: bool
) -> None:
    rendition(tmp_path, publisher, report, keep_files=keep_files).publish_finished()
    publisher.wait()
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


def another_run(tmp_path: Path, *, init: bytes = INIT) -> None:
    """Do what a second run of ffmpeg does."""
    directory = tmp_path / "240p"
    (directory / "init.mp4").write_bytes(init)
    (directory / "seg_00001.m4s").write_bytes(WHOLE)
    (directory / "index.m3u8").write_text("#EXTM3U\n#EXTINF:2.0,\nseg_00001.m4s\n")


def test_a_second_run_goes_on_where_the_first_ended(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    follower = rendition(tmp_path, publisher, report)
    follower.publish_finished()
    publisher.wait()
    follower.begin()
    follower.publish_finished()
    another_run(tmp_path)
    follower.publish_finished()
    publisher.wait()
    assert [segment.n for segment in report.pending] == [0, 1]
    assert sum(segment.duration for segment in follower.published.values()) == 6
    assert [segment.name for segment in follower.published.values()] == ["seg_00000.m4s", "seg_00001.m4s"]


def test_a_second_run_that_needs_another_init_segment_is_refused(
    tmp_path: Path, publisher: Publisher, report: Report
) -> None:
    follower = rendition(tmp_path, publisher, report)
    follower.publish_finished()
    publisher.wait()
    follower.begin()
    another_run(tmp_path, init=INIT + box(b"free", b""))
    with pytest.raises(PlatformError) as refused:
        follower.publish_finished()
    assert refused.value.code == "platform.chunks-differ"
    assert [segment.n for segment in report.pending] == [0]


def test_what_is_published_beside_is_taken_back_as_well(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    beside = publisher.beside(check=go_on)
    rendition(tmp_path, beside, report).publish_finished()
    beside.wait()
    publisher.take_back()
    assert stored(tmp_path) == []


def test_everything_is_taken_back(tmp_path: Path, publisher: Publisher, report: Report) -> None:
    rendition(tmp_path, publisher, report).publish_finished()
    publisher.wait()
    publisher.take_back()
    assert stored(tmp_path) == []
    assert not (tmp_path / "store" / "renditions").exists()


def test_a_segment_is_not_reported_before_it_is_stored(tmp_path: Path, gated: GatedStorage, report: Report) -> None:
    gate = gated.gates["seg_00000.m4s"] = threading.Event()
    publisher = Publisher(gated, PREFIX, check=go_on)
    follower = rendition(tmp_path, publisher, report)
    follower.publish_finished()
    assert report.pending == []
    assert follower.end == 0
    gate.set()
    publisher.wait()
    assert [segment.n for segment in report.pending] == [0]
    assert follower.end == 1


def test_a_lane_keeps_its_order_and_does_not_wait_for_another(tmp_path: Path, gated: GatedStorage) -> None:
    first, second, other = files(tmp_path, "first", "second", "other")
    gate = gated.gates["first"] = threading.Event()
    publisher = Publisher(gated, "", check=go_on)
    followed: list[str] = []
    publisher.publish(first, "one/first", lane="one", then=lambda: followed.append("first"))
    publisher.publish(second, "one/second", lane="one", then=lambda: followed.append("second"))
    publisher.publish(other, "two/other", lane="two", then=lambda: followed.append("other"))
    deadline = time.monotonic() + 5
    while not followed:
        assert time.monotonic() < deadline
        publisher.settle()
    assert followed == ["other"]
    gate.set()
    publisher.wait()
    assert followed == ["other", "first", "second"]
    assert gated.order == ["two/other", "one/first", "one/second"]


def test_a_file_that_cannot_be_stored_is_raised_in_the_thread_that_waits(tmp_path: Path, publisher: Publisher) -> None:
    publisher.publish(tmp_path / "none", "none", lane="one")
    with pytest.raises(PlatformError):
        publisher.wait()
    publisher.wait()  # it was told once


def test_waiting_can_be_stopped_and_nothing_is_stored_afterwards(tmp_path: Path, gated: GatedStorage) -> None:
    def stop() -> None:
        raise Stopped("cancelled")

    gated.gates["first"] = threading.Event()
    publisher = Publisher(gated, PREFIX, check=stop)
    for path in files(tmp_path, "first", "second"):
        publisher.publish(path, path.name, lane="one")
    with pytest.raises(Stopped):
        publisher.wait()
    publisher.take_back()
    assert gated.order == []
    assert stored(tmp_path) == []


def test_a_storage_that_does_not_answer_is_not_asked_to_delete_every_file(tmp_path: Path) -> None:
    class DeafStorage(LocalStorage):
        asked = 0

        def delete(self, key: str) -> None:
            self.asked += 1
            time.sleep(0.1)
            raise PlatformError("platform.storage", f"It does not answer for {key}.")

    storage = DeafStorage(tmp_path / "store")
    publisher = Publisher(storage, PREFIX, check=go_on)
    (path,) = files(tmp_path, "seg")
    for n in range(100):
        publisher.publish(path, f"{n}", lane="one")
    publisher.wait()
    publisher.take_back()
    assert storage.asked <= 8
