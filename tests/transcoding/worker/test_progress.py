"""What ffmpeg says about its progress."""

from transcoding.worker.progress import ProgressParser
from transcoding.worker.usage import Usage


def test_it_reads_blocks_cut_anywhere() -> None:
    parser = ProgressParser(on_change=lambda: None)
    for piece in (b"frame=1", b"2\nout_time", b"_us=500000\nspeed=1.2x\nprogress=continue\n"):
        parser.feed(piece)
    progress = parser.current(used=Usage(cpu_seconds=1.5))
    assert (progress.frame, progress.encoded_seconds, progress.used.cpu_seconds) == (12, 0.5, 1.5)


def test_it_tells_only_of_real_movement() -> None:
    moves: list[bool] = []
    parser = ProgressParser(on_change=lambda: moves.append(True))
    for _ in range(3):
        parser.feed(b"out_time_us=1000\nframe=3\nprogress=continue\n")
    assert len(moves) == 2


def test_a_time_that_is_not_known_yet_is_zero() -> None:
    parser = ProgressParser(on_change=lambda: None)
    parser.feed(b"out_time_us=N/A\nout_time_us=-9223372036854775807\n")
    assert parser.current(used=Usage()).encoded_seconds == 0


def test_time_never_goes_back() -> None:
    parser = ProgressParser(on_change=lambda: None)
    parser.feed(b"out_time_us=2000000\nout_time_us=1000000\n")
    assert parser.current(used=Usage()).encoded_seconds == 2


def test_an_endless_line_does_not_fill_the_memory() -> None:
    parser = ProgressParser(on_change=lambda: None)
    for _ in range(100):
        parser.feed(b"x" * 10000)
    parser.feed(b"\nframe=7\n")
    assert parser.current(used=Usage()).frame == 7
