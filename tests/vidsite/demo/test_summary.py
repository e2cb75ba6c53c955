"""What the demo prints at its end, and when it is content."""

from vidsite.demo.run import Result
from vidsite.demo.state import RenditionState, VideoState
from vidsite.demo.summary import summary

USER = ("demo", "secret")
SITE = "http://site"


def result(status: str, rendition: str, error: dict[str, str] | None = None) -> Result:
    renditions = {"720p": RenditionState("720p", "video", 100, rendition)}
    state = VideoState(status=status, error=error, renditions=renditions)
    return Result(video_id="1", state=state, timeline={"playable": 2.04, status.lower(): 9.0})


def test_a_good_end_says_when_and_where() -> None:
    good = result("COMPLETED", "READY")
    assert good.good
    assert summary(good, SITE, USER) == [
        "Timeline: playable 2.0 s · completed 9.0 s",
        "COMPLETED after 9.0 s.",
        "720p: READY",
        "Every quality is READY and plays back.",
        "Watch:   http://site/videos/1/",
        "Sign in: demo / secret at http://site/accounts/login/",
    ]


def test_a_failure_gives_its_code_and_sentence() -> None:
    failed = result("FAILED", "FAILED", error={"code": "source.no-video", "message": "There is no picture."})
    assert not failed.good
    assert "source.no-video: There is no picture." in summary(failed, SITE, USER)


def test_a_quality_that_is_not_ready_is_no_good_end() -> None:
    assert not result("COMPLETED", "ENCODING").good


def test_a_video_that_does_not_play_back_is_no_good_end() -> None:
    silent = result("COMPLETED", "READY")
    silent.problems.append("720p does not play back: the decoder stopped")
    assert not silent.good
    assert silent.problems[0] in summary(silent, SITE, USER)


def test_a_video_without_any_quality_is_no_good_end() -> None:
    assert not Result(video_id="1", state=VideoState(status="COMPLETED")).good
