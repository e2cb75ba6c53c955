"""Running programs inside limits, and always ending them."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.transcoding.worker.tools import processes_naming
from transcoding.worker.errors import PlatformError, SourceError
from transcoding.worker.ffmpeg import Ended, run_ffmpeg, run_program
from transcoding.worker.progress import Progress
from transcoding.worker.sandbox import Sandbox
from transcoding.worker.usage import Usage, so_far
from transcoding.worker.watchdog import Watchdog

GENEROUS = Sandbox()


def run_python(
    code: str, tmp_path: Path, *, sandbox: Sandbox = GENEROUS, stall: float = 20, wall: float = 20
) -> tuple[Ended, bytes]:
    output = bytearray()
    ended = run_program(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        sandbox=sandbox,
        watchdog=Watchdog(stall_seconds=stall, wall_seconds=wall),
        on_output=output.extend,
        on_tick=lambda _used: None,
    )
    return ended, bytes(output)


def test_it_hands_over_the_output_and_the_exit_code(tmp_path: Path) -> None:
    ended, output = run_python("print('hello'); raise SystemExit(3)", tmp_path)
    assert (ended.returncode, output) == (3, b"hello\n")


def test_it_keeps_only_the_end_of_the_log(tmp_path: Path) -> None:
    ended, _ = run_python("import sys; sys.stderr.write('x' * 1000000 + 'the end')", tmp_path)
    assert ended.log_tail.endswith("the end")
    assert len(ended.log_tail) == 4096


def test_the_log_can_be_stored_whatever_bytes_it_holds(tmp_path: Path) -> None:
    ended, _ = run_python(r"import sys; sys.stderr.buffer.write(b'a\0b\xffc')", tmp_path)
    assert ended.log_tail == "ab\ufffdc"


def test_it_tells_what_was_used_while_it_runs(tmp_path: Path) -> None:
    seen: list[Usage] = []
    before = so_far()
    run_program(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.8: pass"],
        cwd=tmp_path,
        sandbox=GENEROUS,
        watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
        on_output=lambda _data: None,
        on_tick=seen.append,
    )
    assert seen[-1].cpu_seconds - before.cpu_seconds > 0.5
    assert all(one.peak_memory_mib >= before.peak_memory_mib for one in seen)


def test_the_environment_is_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    _, output = run_python("import os; print(sorted(set(os.environ) - {'LC_CTYPE'}))", tmp_path)
    assert output.decode().strip() == "['LANG', 'PATH']"


def test_the_limits_are_in_force(tmp_path: Path) -> None:
    code = (
        "import resource as r\n"
        "kinds = r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE, r.RLIMIT_CPU\n"
        "for kind in kinds: print(r.getrlimit(kind)[1])"
    )
    box = Sandbox(address_space_bytes=2**31, file_size_bytes=1000, open_files=32, cpu_seconds=9)
    _, output = run_python(code, tmp_path, sandbox=box)
    assert output.split() == [b"2147483648", b"1000", b"32", b"0", b"9"]


def test_it_is_nice_to_its_neighbours(tmp_path: Path) -> None:
    _, output = run_python("import os; print(os.nice(0))", tmp_path, sandbox=Sandbox(niceness=5))
    assert int(output) == os.nice(0) + 5


def test_standing_still_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as stalled:
        run_python("import time; time.sleep(60)", tmp_path, stall=0.5)
    assert stalled.value.code == "platform.stalled"


def test_running_too_long_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as late:
        run_python("import time; time.sleep(60)", tmp_path, wall=0.5)
    assert late.value.code == "platform.timeout"


def test_whatever_a_callback_raises_ends_the_whole_group(tmp_path: Path) -> None:
    mark = f"sleep-mark-{os.getpid()}"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)', '{mark}'])"

    def give_up_when_both_run(_used: Usage) -> None:
        if len(processes_naming(mark)) > 1:
            raise KeyError("enough")

    with pytest.raises(KeyError, match="enough"):
        run_program(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            sandbox=GENEROUS,
            watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
            on_output=lambda _data: None,
            on_tick=give_up_when_both_run,
        )
    deadline = time.monotonic() + 2
    while processes_naming(mark):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_grandchild_that_holds_the_pipes_does_not_hold_us(tmp_path: Path) -> None:
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(30)'])"
    started = time.monotonic()
    ended, _ = run_python(code, tmp_path)
    assert ended.returncode == 0
    assert time.monotonic() - started < 5


def test_a_program_that_is_not_there_has_its_own_exit_code(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as missing:
        run_ffmpeg(
            ["no-such-ffmpeg"],
            cwd=tmp_path,
            watchdog=Watchdog(stall_seconds=9, wall_seconds=9),
            on_tick=lambda _progress: None,
        )
    assert missing.value.code == "platform.ffmpeg-missing"


def run_generated(tmp_path: Path, *arguments: str, sandbox: Sandbox = GENEROUS) -> tuple[Progress, list[Progress]]:
    seen: list[Progress] = []
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-nostats", "-progress", "pipe:1"]
    last = run_ffmpeg(
        [*command, "-f", "lavfi", "-i", "testsrc2=size=320x240:duration=4", *arguments],
        cwd=tmp_path,
        sandbox=sandbox,
        watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
        on_tick=seen.append,
    )
    return last, seen


@pytest.mark.media
def test_it_follows_the_progress_of_ffmpeg(tmp_path: Path) -> None:
    before = so_far()
    last, seen = run_generated(tmp_path, "-c:v", "libx264", "-preset", "veryslow", "out.mp4")
    assert last.encoded_seconds == pytest.approx(4, abs=0.2)  # it lags by the frames that wait for reordering
    assert last.frame == 100
    assert last.used.cpu_seconds - before.cpu_seconds > 0.1
    assert [each.encoded_seconds for each in seen] == sorted(each.encoded_seconds for each in seen)


@pytest.mark.media
def test_a_file_size_limit_is_our_fault_and_not_the_files(tmp_path: Path) -> None:
    with pytest.raises(PlatformError) as full:
        run_generated(tmp_path, "-c:v", "rawvideo", "out.avi", sandbox=Sandbox(file_size_bytes=100_000))
    assert full.value.code == "platform.output-too-large"


@pytest.mark.media
def test_a_killed_ffmpeg_is_our_fault(tmp_path: Path) -> None:
    def kill(_progress: Progress) -> None:
        for process in processes_naming(str(tmp_path / "never.mp4")):
            os.kill(process, signal.SIGKILL)

    with pytest.raises(PlatformError) as killed:
        run_ffmpeg(
            ["ffmpeg", "-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=duration=60", str(tmp_path / "never.mp4")],
            cwd=tmp_path,
            watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
            on_tick=kill,
        )
    assert killed.value.code == "platform.ffmpeg-killed"


@pytest.mark.media
def test_a_file_that_cannot_be_decoded_is_the_files_fault(tmp_path: Path) -> None:
    (tmp_path / "noise.mp4").write_bytes(b"no video at all" * 100)
    with pytest.raises(SourceError) as damaged:
        run_ffmpeg(
            ["ffmpeg", "-nostdin", "-i", "noise.mp4", "out.mp4"],
            cwd=tmp_path,
            watchdog=Watchdog(stall_seconds=20, wall_seconds=20),
            on_tick=lambda _progress: None,
        )
    assert damaged.value.code == "source.undecodable"
    assert damaged.value.log_tail
