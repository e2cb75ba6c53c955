"""Whose fault it is when ffmpeg fails."""

import pytest

from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.failures import failure_of


@pytest.mark.parametrize(
    ("returncode", "log_tail", "code"),
    [
        (-9, "", "platform.ffmpeg-killed"),
        (-11, "Invalid data found", "platform.ffmpeg-killed"),
        (127, "ffmpeg: not found", "platform.ffmpeg-missing"),
        (1, "av_interleaved_write_frame(): No space left on device", "platform.disk-full"),
        (1, "File too large", "platform.output-too-large"),
        (1, "Cannot allocate memory", "platform.out-of-memory"),
        (1, "Unknown encoder 'libx264'", "platform.ffmpeg-broken"),
    ],
)
def test_these_are_ours_and_may_be_tried_again(returncode: int, log_tail: str, code: str) -> None:
    failure = failure_of(returncode, log_tail)
    assert isinstance(failure, PlatformError)
    assert (failure.code, failure.log_tail) == (code, log_tail)


@pytest.mark.parametrize("log_tail", ["", "Invalid data found when processing input", "Conversion failed!"])
def test_everything_else_is_the_file(log_tail: str) -> None:
    failure = failure_of(1, log_tail)
    assert isinstance(failure, SourceError)
    assert failure.code == "source.undecodable"
