"""Telling the site, whatever the site does."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.transcoding.worker.site import GO_ON, Answer, Site
from tests.transcoding.worker.site import Report as Document
from tests.transcoding.worker.test_commands import SOURCE
from tests.transcoding.worker.tools import LADDER
from transcoding.worker import reporter as module
from transcoding.worker.errors import Interrupted, ReportNotDeliveredError, Stopped
from transcoding.worker.ladder import choose_rungs
from transcoding.worker.report import FinishedSegment, Report
from transcoding.worker.reporter import HttpReporter
from transcoding.worker.stop import StopSwitch


@pytest.fixture
def report() -> Report:
    report = Report(video_id="video", attempt=1)
    report.describe(SOURCE, choose_rungs(LADDER, width=640, height=360), most_frame_rate=240)
    return report


@contextmanager
def reporting(report: Report, url: str, stop: StopSwitch | None = None) -> Iterator[HttpReporter]:
    with HttpReporter(report, url=url, token="secret-token", stop=stop or StopSwitch()) as reporter:
        yield reporter


def add_segment(report: Report, n: int) -> None:
    report.add_segment(
        FinishedSegment(quality="360p", n=n, duration=4.0, size_bytes=9), codecs="avc1.64001f", init_digest="ab"
    )


def test_it_shows_its_token(site: Site, report: Report) -> None:
    with reporting(report, site.url):
        site.wait_for(lambda it: it.reports)
    assert site.tokens == {"Bearer secret-token"}


def test_it_reports_at_most_once_a_second_however_much_happens(site: Site, report: Report) -> None:
    with reporting(report, site.url):
        deadline = time.monotonic() + 2.5
        while time.monotonic() < deadline:
            report.advance({"360p": 1}, encoded_seconds=1, speed=1)
            time.sleep(0.01)
    assert len(site.reports) == 3
    assert min(later - earlier for earlier, later in zip(site.times, site.times[1:], strict=False)) > 0.95


def test_it_reports_at_least_every_five_seconds_though_nothing_happens(site: Site, report: Report) -> None:
    with reporting(report, site.url):
        site.wait_for(lambda it: len(it.reports) == 2)
    assert 3 < site.times[1] - site.times[0] < 5


def test_the_segments_of_a_finished_chunk_do_not_wait_for_their_turn(site: Site, report: Report) -> None:
    with reporting(report, site.url):
        site.wait_for(lambda it: it.reports)
        add_segment(report, 0)
        report.deliver(check=lambda: None)
        assert sorted(site.segments("360p")) == [0]
    assert site.times[1] - site.times[0] < 0.9
    assert not report.pending


def test_the_final_state_does_not_wait_for_its_turn(site: Site, report: Report) -> None:
    with reporting(report, site.url) as reporter:
        site.wait_for(lambda it: it.reports)
        report.succeed()
        started = time.monotonic()
        reporter.finish()
    assert time.monotonic() - started < 0.8
    assert site.last["status"] == "SUCCEEDED"


def test_no_segment_and_no_final_state_is_lost_while_the_site_is_down(report: Report) -> None:
    gone = Site()
    port, url = gone.port, gone.url
    with gone.running():
        pass
    with reporting(report, url) as reporter:
        for n in range(5):
            add_segment(report, n)
        report.succeed()
        back = threading.Timer(2.5, lambda: None)
        back.start()
        back.join()
        with Site(port).running() as site:
            reporter.finish()
            assert sorted(site.segments("360p")) == [0, 1, 2, 3, 4]
            assert site.last["status"] == "SUCCEEDED"


@pytest.mark.parametrize("status", [500, 502, 404, 429])
def test_what_the_site_did_not_accept_is_sent_again(site: Site, report: Report, status: int) -> None:
    site.answer = lambda _report: (status, {}) if len(site.reports) < 3 else GO_ON
    add_segment(report, 0)
    report.succeed()
    with reporting(report, site.url) as reporter:
        reporter.finish()
    assert len(site.reports) == 3
    assert list(site.segments("360p")) == [0]


def test_more_segments_than_one_report_may_carry_all_arrive_before_the_final_state(site: Site, report: Report) -> None:
    for n in range(1200):
        add_segment(report, n)
    report.succeed()
    with reporting(report, site.url) as reporter:
        reporter.finish()
    assert len(site.segments("360p")) == 1200
    assert [each["status"] for each in site.accepted] == ["RUNNING", "RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((409, {"continue": False, "reason": "cancelled"}), "cancelled"),
        ((409, {"continue": False, "reason": "superseded"}), "superseded"),
        ((409, {}), "superseded"),
        ((401, {}), "unauthorized"),
    ],
)
def test_the_site_can_stop_the_attempt(site: Site, report: Report, answer: Answer, reason: str) -> None:
    site.answer = lambda _report: answer
    stop = StopSwitch()
    with reporting(report, site.url, stop):
        site.wait_for(lambda _it: stop.reason is not None)
        time.sleep(1.5)
    assert len(site.reports) == 1
    with pytest.raises(Stopped) as stopped:
        stop.check()
    assert (stopped.value.reason, stopped.value.certain) == (reason, True)


def test_a_stop_after_an_unanswered_final_report_is_not_certain(site: Site, report: Report) -> None:
    site.answer = lambda _report: (500, {}) if len(site.reports) == 1 else (409, {"reason": "superseded"})
    report.succeed()
    with reporting(report, site.url) as reporter, pytest.raises(Stopped) as stopped:
        reporter.finish()
    assert not stopped.value.certain


def test_a_final_state_the_site_does_not_understand_is_not_sent_again(site: Site, report: Report) -> None:
    site.answer = lambda _report: (422, {"code": "bad"})
    report.succeed()
    with reporting(report, site.url) as reporter, pytest.raises(ReportNotDeliveredError):
        reporter.finish()
    assert len(site.reports) <= 2


def test_it_gives_up_in_the_end(report: Report) -> None:
    report.succeed()
    with reporting(report, "http://127.0.0.1:9/") as reporter, pytest.raises(ReportNotDeliveredError):
        reporter.finish(give_up_seconds=0.5)


def test_an_answer_that_comes_while_it_looks_for_one_is_seen(site: Site, report: Report) -> None:
    threads = threading.active_count()

    class LongLook(StopSwitch):
        """The reporter delivers and ends between one look at what it delivered and the next at whether it lives."""

        @property
        def reason(self) -> Stopped | Interrupted | None:
            site.wait_for(lambda it: it.accepted and it.last["status"] == "SUCCEEDED")
            site.wait_for(lambda _: threading.active_count() <= threads)
            return super().reason

    def answer_late(_report: Document) -> Answer:
        time.sleep(0.3)
        return GO_ON

    site.answer = answer_late
    with reporting(report, site.url, LongLook()) as reporter:
        report.succeed()
        reporter.finish()
    assert site.last["status"] == "SUCCEEDED"


def test_it_gives_up_soon_when_the_machine_wants_to_end(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERRUPTED_SECONDS", 0.3)
    stop = StopSwitch()
    stop.set(Interrupted())
    with reporting(report, "http://127.0.0.1:9/", stop) as reporter, pytest.raises(ReportNotDeliveredError):
        reporter.finish()


def test_an_answer_that_drips_does_not_hold_it_for_longer_than_its_deadline(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REQUEST_SECONDS", 0.5)
    over = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while not over.wait(0.1):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        started = time.monotonic()
        with reporting(report, f"http://127.0.0.1:{listener.getsockname()[1]}/"):
            thread.join(5)
        over.set()
        thread.join()
    assert time.monotonic() - started < 3


def test_an_endless_answer_is_cut(site: Site, report: Report) -> None:
    site.answer = lambda _report: (200, {"continue": True, "padding": "x" * 1_000_000})
    report.succeed()
    with reporting(report, site.url) as reporter:
        reporter.finish()


def test_the_token_is_never_logged(site: Site, report: Report, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers: Iterator[Answer] = iter([(500, {}), (422, {"code": "bad"}), (401, {})])

    def answer(_report: Document) -> Answer:
        return next(answers)

    site.answer = answer
    stop = StopSwitch()
    with reporting(report, site.url, stop):
        site.wait_for(lambda _it: stop.reason is not None)
    with reporting(report, "http://127.0.0.1:9/"):
        time.sleep(0.3)
    assert "secret-token" not in caplog.text
