"""The program as a whole: what it tells, what it leaves, and how it ends."""

import os
import signal
import time
from pathlib import Path

import pytest

from bench.transcoder.giver import ChunkGiver
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import (
    MEDIA,
    PREFIX,
    joined,
    left_behind,
    make_clip,
    make_spec,
    processes_naming,
    published,
    run_worker,
    store_source,
    stream,
    worker,
)
from transcoding.worker.storage_spec import S3StorageSpec

pytestmark = pytest.mark.media


def published_files(root: Path) -> list[Path]:
    return sorted(published(root).rglob("*.*"))


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A clip that takes a moment: six segments."""
    return make_clip(tmp_path / "clip.mp4", seconds=22)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """A clip that takes long enough to be stopped on the way, with the preset below."""
    return make_clip(tmp_path / "slow.mp4", seconds=60, size="640x360")


def test_a_video_comes_out_whole(tmp_path: Path, site: Site, clip: Path) -> None:
    store_source(tmp_path, clip)
    code, log = run_worker(make_spec(tmp_path, url=site.url))
    assert code == 0, log
    assert site.last["status"] == "SUCCEEDED"
    for quality in ("240p", "audio"):
        assert sorted(site.segments(quality)) == list(range(6))
        for n, segment in site.segments(quality).items():
            assert (published(tmp_path) / quality / f"seg_{n:05d}.m4s").stat().st_size == segment["bytes"]
        whole = stream(joined(published(tmp_path) / quality, tmp_path / f"{quality}.mp4"))
        assert float(whole["start_time"]) == pytest.approx(0, abs=0.03)
    assert list((tmp_path / "work").glob("transcode-*")) == []


def test_the_reports_tell_the_story_in_order(tmp_path: Path, site: Site, clip: Path) -> None:
    store_source(tmp_path, clip)
    run_worker(make_spec(tmp_path, url=site.url, preset="slow"))
    stages = list(dict.fromkeys(report["stage"] for report in site.accepted))
    order = ["DOWNLOADING", "PROBING", "ENCODING", "FINISHING"]
    assert stages == [stage for stage in order if stage in stages]
    assert [report["seq"] for report in site.reports] == list(range(1, len(site.reports) + 1))
    assert site.last["source"]["durationSeconds"] == pytest.approx(22, abs=0.1)
    assert site.last["cpuSeconds"] > 0
    assert site.last["peakMemoryMib"] > 0
    assert site.last["speed"] > 0
    assert site.last["encodedSeconds"] == pytest.approx(22, abs=0.2)
    assert site.last["logTail"] == ""
    assert {each["progress"] for each in site.last["renditions"]} == {100}


def test_segments_are_published_and_told_while_the_rest_is_encoded(tmp_path: Path, site: Site, slow: Path) -> None:
    store_source(tmp_path, slow)
    with worker(make_spec(tmp_path, url=site.url, preset="slow")):
        site.wait_for(lambda it: it.segments("360p"))
        assert site.last["status"] == "RUNNING"
        assert 0 < site.rendition("360p")["progress"] < 100
        assert site.rendition("360p")["codecs"].startswith("avc1.64")
        for n in site.segments("360p"):
            assert (published(tmp_path) / "360p" / f"seg_{n:05d}.m4s").exists()
        assert (published(tmp_path) / "360p" / "init.mp4").exists()
        assert site.last["poster"] == {"width": 640, "height": 360}


@pytest.mark.parametrize(("status", "body"), [(409, {"reason": "cancelled"}), (401, {})])
def test_the_site_stops_it_within_seconds(
    tmp_path: Path, site: Site, slow: Path, status: int, body: dict[str, str]
) -> None:
    store_source(tmp_path, slow)
    with worker(make_spec(tmp_path, url=site.url, preset="veryslow")) as process:
        site.wait_for(lambda it: it.reports and it.last["encodedSeconds"] > 0)
        site.answer = lambda _report: (status, body)
        told = len(site.reports)
        site.wait_for(lambda it: len(it.reports) > told)
        started = time.monotonic()
        assert process.wait(10) == 3
        assert time.monotonic() - started < 3
    assert processes_naming(str(tmp_path)) == []
    # Nobody goes on from what a cancelled job has made.
    assert bool(published_files(tmp_path)) == (status == 401)


def test_a_killed_transcoder_leaves_no_ffmpeg_running(tmp_path: Path, site: Site, slow: Path) -> None:
    store_source(tmp_path, slow)
    with worker(make_spec(tmp_path, url=site.url, preset="veryslow")) as process:
        site.wait_for(lambda it: it.reports and it.last["encodedSeconds"] > 0)
        assert processes_naming(str(tmp_path))
        process.kill()
        process.wait()
        deadline = time.monotonic() + 2
        while processes_naming(str(tmp_path)):
            assert time.monotonic() < deadline, "ffmpeg still runs"
            time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_site_knows(
    tmp_path: Path, site: Site, slow: Path, number: signal.Signals
) -> None:
    store_source(tmp_path, slow)
    with worker(make_spec(tmp_path, url=site.url, preset="medium")) as process:
        site.wait_for(lambda it: it.segments("240p"))
        process.send_signal(number)
        assert process.wait(10) == 1
    assert site.last["status"] == "FAILED"
    assert site.last["error"]["code"] == "platform.interrupted"
    assert processes_naming(str(tmp_path)) == []
    assert list((tmp_path / "work").glob("transcode-*")) == []
    for n in site.segments("240p"):
        assert (published(tmp_path) / "240p" / f"seg_{n:05d}.m4s").exists()


def test_a_site_that_is_down_for_some_seconds_misses_nothing(tmp_path: Path, clip: Path) -> None:
    store_source(tmp_path, clip)
    first = Site()
    with worker(make_spec(tmp_path, url=first.url)) as process:
        with first.running():
            first.wait_for(lambda it: it.reports)
        time.sleep(4)
        with Site(first.port).running() as second:
            assert process.wait(60) == 0
    assert set(first.segments("240p")) | set(second.segments("240p")) == set(range(6))
    assert second.last["status"] == "SUCCEEDED"


def test_a_site_that_can_never_be_told_gives_its_own_exit_code(tmp_path: Path, site: Site) -> None:
    site.answer = lambda _report: (422, {"code": "bad"})
    store_source(tmp_path, make_clip(tmp_path / "clip.mp4", seconds=0.2))
    code, _ = run_worker(make_spec(tmp_path, url=site.url))
    assert code == 4


def test_a_storage_that_cannot_be_opened_is_told(tmp_path: Path, site: Site) -> None:
    storage = S3StorageSpec(
        bucket="videos", region="us-east-1", endpoint="http://not a host", addressing="path",
        checksums="when_required", credentials=None,
    )  # fmt: skip
    assert run_worker(make_spec(tmp_path, url=site.url, storage=storage))[0] == 1
    assert site.last["status"] == "FAILED"
    assert site.last["error"]["code"].startswith("platform.")


def test_what_is_no_specification_gives_the_same_exit_code(tmp_path: Path) -> None:
    spec = make_spec(tmp_path, segment_seconds=0)
    code, log = run_worker(spec)
    assert code == 4
    assert "segmentSeconds" in log


def test_a_film_of_which_half_is_zeros_is_refused_and_taken_back(tmp_path: Path, site: Site) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=60, options=("-movflags", "+faststart", "-g", "25"))
    size = film.stat().st_size
    for length in (size // 2, size):
        os.truncate(film, length)
    store_source(tmp_path, film)
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 1
    assert site.last["error"]["code"] == "source.truncated"
    assert "of 60 seconds could be read" in site.last["error"]["message"]
    assert left_behind(tmp_path) == []


def test_a_file_cut_in_the_middle_is_named_with_both_times_and_taken_back(
    tmp_path: Path, site: Site, slow: Path
) -> None:
    whole = make_clip(tmp_path / "whole.mp4", seconds=30, options=("-movflags", "+faststart", "-g", "25"))
    os.truncate(whole, whole.stat().st_size * 2 // 5)
    store_source(tmp_path, whole)
    code, _ = run_worker(make_spec(tmp_path, url=site.url))
    assert code == 1
    assert site.last["error"]["code"] == "source.truncated"
    assert "of 30 seconds could be read" in site.last["error"]["message"]
    assert left_behind(tmp_path) == []


def test_a_missing_source_is_our_fault(tmp_path: Path, site: Site) -> None:
    code, _ = run_worker(make_spec(tmp_path, url=site.url))
    assert code == 1
    assert site.last["error"]["code"] == "platform.source-missing"


def test_what_a_source_used_that_is_refused_is_told(tmp_path: Path, site: Site) -> None:
    store_source(tmp_path, MEDIA / "g_text_renamed.mp4")
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 1
    assert site.last["cpuSeconds"] > 0
    assert site.last["peakMemoryMib"] > 0


def test_a_second_attempt_makes_what_is_missing_and_nothing_else(tmp_path: Path, site: Site, clip: Path) -> None:
    store_source(tmp_path, clip)
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 0
    (published(tmp_path) / "240p" / "seg_00004.m4s").unlink()
    first = {path: path.stat().st_mtime_ns for path in published_files(tmp_path)}
    site.chunks = ChunkGiver(segment_seconds=4, made={"240p": [(0, 4), (5, 6)]})
    assert run_worker(make_spec(tmp_path, url=site.url, attempt=2, made=("audio", "poster")))[0] == 0
    touched = {path.name for path in published_files(tmp_path) if first.get(path) != path.stat().st_mtime_ns}
    assert touched == {"init.mp4", "seg_00004.m4s", "storyboard.jpg"}
    assert {each["progress"] for each in site.last["renditions"]} == {100}
    assert site.last["storyboard"]["count"] == 6


def test_another_attempt_finds_a_source_whole_that_cannot_be_entered(tmp_path: Path, site: Site) -> None:
    store_source(tmp_path, make_clip(tmp_path / "clip.ts", seconds=22))
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 0
    site.chunks = ChunkGiver(segment_seconds=4, made={"240p": [(0, 6)]})
    code, log = run_worker(make_spec(tmp_path, url=site.url, attempt=2, made=("240p", "audio", "poster")))
    assert code == 0, log
    assert site.last["status"] == "SUCCEEDED"


def test_what_others_have_not_made_is_no_fault_of_the_source(tmp_path: Path, site: Site, clip: Path) -> None:
    store_source(tmp_path, clip)
    site.chunks = ChunkGiver(segment_seconds=4)
    site.chunks.answer = lambda _claimant, _claim: {"chunk": None, "wait": False, "made": {}}  # type: ignore[method-assign, assignment]  # a site that is wrong
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 1
    assert site.last["error"]["code"] == "platform.incomplete"


def test_metadata_of_the_source_is_not_published(tmp_path: Path, site: Site) -> None:
    options = (
        "-metadata",
        "location=+48.8577+002.295/",
        "-metadata",
        "title=Home address",
        "-movflags",
        "use_metadata_tags",
    )
    store_source(tmp_path, make_clip(tmp_path / "clip.mp4", seconds=0.4, options=options))
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 0
    for path in published(tmp_path).rglob("*.*"):
        content = path.read_bytes()
        assert b"+48.8577" not in content
        assert b"Home address" not in content


def test_the_token_is_in_no_log_and_in_no_command_line(tmp_path: Path, site: Site) -> None:
    store_source(tmp_path, make_clip(tmp_path / "clip.mp4", seconds=0.4))
    _, log = run_worker(make_spec(tmp_path, url=site.url))
    assert "secret-token" not in log
    assert site.tokens == {"Bearer secret-token"}
    assert PREFIX in make_spec(tmp_path).to_json()


def test_a_sibling_file_named_by_a_script_is_never_read(tmp_path: Path, site: Site) -> None:
    store_source(tmp_path, MEDIA / "g_ffconcat_sibling_file.mp4")
    make_clip(tmp_path / "store" / "sources" / "video" / "othervictim.mp4", seconds=0.2)
    assert run_worker(make_spec(tmp_path, url=site.url))[0] == 1
    assert site.last["error"]["code"] == "source.unsupported-container"
