"""What a transcoder and its programs have used."""

import subprocess
import sys

from tests.transcoding.worker.tools import REPOSITORY
from transcoding.worker.usage import so_far

BUSY = "import time\nwhile time.process_time() < 0.4: pass\n"
"""Uses 0.4 s of CPU, those of the start of Python among them."""
SHOW = "used = so_far()\nprint(used.cpu_seconds, used.peak_memory_mib)\n"


def used_by(code: str, *, parent: str = "") -> tuple[float, int]:
    """Run code in a Python that another one has started, after `parent`; return CPU seconds and MiB."""
    own = f"import subprocess, sys\nfrom transcoding.worker.usage import so_far\n{code}\n{SHOW}"
    outer = f"import subprocess, sys\n{parent}\nsubprocess.run([sys.executable, '-c', {own!r}], check=True)"
    ended = subprocess.run(
        [sys.executable, "-c", outer], cwd=REPOSITORY, check=True, capture_output=True, timeout=60, text=True
    )
    cpu_seconds, peak_memory_mib = ended.stdout.split()
    return float(cpu_seconds), int(peak_memory_mib)


def program(code: str) -> str:
    """Return code that runs other code in a process of its own."""
    return f"subprocess.run([sys.executable, '-c', {code!r}])\n"


def test_the_cpu_of_the_transcoder_and_of_every_program_it_ran_is_added() -> None:
    cpu_seconds, _ = used_by(program(BUSY) + program(BUSY + "raise SystemExit(1)") + BUSY)
    assert 1.2 <= cpu_seconds < 3


def test_the_cpu_of_a_program_that_was_killed_counts() -> None:
    cpu_seconds, _ = used_by(program(BUSY + "import os; os.kill(os.getpid(), 9)"))
    assert cpu_seconds >= 0.4


def test_the_memory_of_the_largest_program_and_of_the_transcoder_is_added() -> None:
    large, larger = "x = bytearray(100 * 2**20)", "x = bytearray(200 * 2**20)"
    _, peak_memory_mib = used_by(f"x = bytearray(50 * 2**20)\n{program(larger)}{program(large)}")
    assert 250 <= peak_memory_mib < 350


def test_the_memory_of_what_started_the_transcoder_is_not_its_own() -> None:
    _, peak_memory_mib = used_by("", parent="x = bytearray(500 * 2**20)")
    assert peak_memory_mib < 100


def test_a_program_counts_while_it_runs_and_once_when_it_has_ended() -> None:
    before = so_far()
    code = f"{BUSY}x = bytearray(300 * 2**20)\nprint(flush=True)\ninput()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        process.stdout.readline()
        running = so_far(running=process.pid)
        assert running.cpu_seconds - before.cpu_seconds >= 0.4
        assert running.peak_memory_mib >= 300
        process.stdin.write(b"\n")
    ended = so_far()
    assert ended.cpu_seconds - running.cpu_seconds < 0.4
    assert ended.peak_memory_mib >= running.peak_memory_mib


def test_a_program_that_has_just_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert so_far(running=process.pid).cpu_seconds > 0
