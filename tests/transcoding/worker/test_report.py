"""The latest state of an attempt as a document."""

from pathlib import Path

import pytest

from tests.transcoding.worker.test_commands import SOURCE
from tests.transcoding.worker.tools import LADDER
from transcoding.worker.ladder import choose_rungs
from transcoding.worker.report import FinishedSegment, Report
from transcoding.worker.stills import plan_storyboard
from transcoding.worker.usage import Usage


@pytest.fixture
def report() -> Report:
    report = Report(video_id="video", attempt=2)
    report.describe(SOURCE, choose_rungs(LADDER, width=640, height=360), most_frame_rate=240)
    return report


def segment(n: int, quality: str = "360p") -> FinishedSegment:
    return FinishedSegment(quality=quality, n=n, duration=4.0, size_bytes=1000)


def test_the_first_report_tells_only_what_is_known() -> None:
    document, sent, _ = Report(video_id="video", attempt=2).next_document()
    assert document["status"] == "RUNNING"
    assert document["stage"] == "DOWNLOADING"
    assert document["renditions"] == sent == []
    assert "source" not in document


def test_it_describes_the_source_and_every_quality(report: Report) -> None:
    document, _, _ = report.next_document()
    assert document["source"] == {
        "width": 1280,
        "height": 720,
        "durationSeconds": 13.013,
        "frameRate": 29.97,
        "videoCodec": "h264",
        "audioCodec": "aac",
        "container": "mov,mp4,m4a,3gp,3g2,mj2",
    }
    assert [(each["quality"], each["kind"]) for each in document["renditions"]] == [
        ("360p", "video"),
        ("240p", "video"),
        ("audio", "audio"),
    ]
    assert {each["status"] for each in document["renditions"]} == {"PENDING"}


def test_the_sequence_grows(report: Report) -> None:
    assert [report.next_document()[0]["seq"] for _ in range(3)] == [1, 2, 3]


def test_a_segment_is_told_until_it_is_acknowledged(report: Report) -> None:
    report.add_segment(segment(0), codecs="avc1.64001f", init_digest="ab")
    for _ in range(2):
        document, sent, _ = report.next_document()
        assert document["renditions"][0]["segments"] == [{"n": 0, "duration": 4.0, "bytes": 1000}]
        assert document["renditions"][0]["codecs"] == "avc1.64001f"
    report.add_segment(segment(1), codecs="avc1.64001f", init_digest="ab")
    report.acknowledge(sent)
    assert [each["n"] for each in report.next_document()[0]["renditions"][0]["segments"]] == [1]


def test_a_report_is_bounded_and_holds_the_final_state_back(report: Report) -> None:
    for n in range(1100):
        report.add_segment(segment(n), codecs="avc1.64001f", init_digest="ab")
    report.succeed()
    statuses = []
    for expected in (500, 500, 100):
        document, sent, _ = report.next_document()
        assert len(sent) == expected
        statuses.append(document["status"])
        report.acknowledge(sent)
    assert statuses == ["RUNNING", "RUNNING", "SUCCEEDED"]


def test_a_quality_is_not_ready_before_its_last_segment_is_told(report: Report) -> None:
    for n in range(300):
        report.add_segment(segment(n, "240p"), codecs="avc1.640015", init_digest="ab")
        report.add_segment(segment(n), codecs="avc1.64001f", init_digest="ab")
    report.add_segment(segment(0, "audio"), codecs="mp4a.40.2", init_digest="ab")
    for quality in report.renditions:
        report.make_ready(quality)
    first, sent, _ = report.next_document()
    report.acknowledge(sent)
    second, _, _ = report.next_document()
    assert {(each["status"], each["progress"]) for each in first["renditions"]} == {("ENCODING", 99)}
    assert {(each["status"], each["progress"]) for each in second["renditions"]} == {("READY", 100)}


def test_the_percentage_stays_below_a_hundred_until_all_is_published(report: Report) -> None:
    report.advance({"360p": 101}, encoded_seconds=13.2, speed=1.0)
    assert report.next_document()[0]["renditions"][0]["progress"] == 99
    report.make_ready("360p")
    ready = report.next_document()[0]["renditions"][0]
    assert (ready["progress"], ready["status"]) == (100, "READY")


def test_the_percentage_never_goes_back(report: Report) -> None:
    report.advance({"360p": 40}, encoded_seconds=5, speed=1.0)
    report.advance({"360p": 30}, encoded_seconds=4, speed=1.0)
    assert report.next_document()[0]["renditions"][0]["progress"] == 40


def test_it_tells_what_was_used_so_far(report: Report) -> None:
    report.use(Usage(cpu_seconds=2.0, peak_memory_mib=100))
    report.use(Usage(cpu_seconds=3.5, peak_memory_mib=240))
    document = report.next_document()[0]
    assert (document["cpuSeconds"], document["peakMemoryMib"]) == (3.5, 240)


def test_a_failure_of_ours_tells_what_was_made(report: Report) -> None:
    report.add_segment(segment(0), codecs="avc1.64001f", init_digest="ab")
    report.fail("platform.storage", "It does not answer.", log_tail="")
    document, sent, _ = report.next_document()
    assert (document["status"], [each.n for each in sent]) == ("FAILED", [0])
    assert document["renditions"][0]["initDigest"] == "ab"
    assert document["renditions"][0]["status"] == "PENDING"


def test_a_failure_after_which_all_is_taken_back_names_the_reason_and_no_files(report: Report) -> None:
    report.add_segment(segment(0), codecs="avc1.64001f", init_digest="ab")
    report.add_poster(width=640, height=360)
    report.take_back()
    report.fail("source.truncated", "Only 12 of 60 seconds could be read.", log_tail="x" * 10000)
    document, sent, _ = report.next_document()
    assert document["status"] == "FAILED"
    assert document["error"] == {"code": "source.truncated", "message": "Only 12 of 60 seconds could be read."}
    assert len(document["logTail"]) == 4096
    assert "poster" not in document
    assert sent == []
    assert {each["status"] for each in document["renditions"]} == {"FAILED"}


def test_the_storyboard_is_told_in_the_words_of_the_protocol(report: Report) -> None:
    rung = choose_rungs(LADDER, width=640, height=360)[-1]
    report.add_storyboard(plan_storyboard(rung, duration_seconds=60, segment_seconds=4))
    assert report.next_document()[0]["storyboard"] == {
        "tileWidth": 160,
        "tileHeight": 90,
        "columns": 4,
        "rows": 4,
        "count": 15,
        "intervalSeconds": 4,
    }


def test_every_change_is_a_new_version(report: Report) -> None:
    before = report.version
    report.enter("FINISHING")
    assert report.version == before + 1


def test_paths_are_no_part_of_a_report(report: Report) -> None:
    assert str(Path.cwd()) not in str(report.next_document()[0])
