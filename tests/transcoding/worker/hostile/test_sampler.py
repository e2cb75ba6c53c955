"""The sampler sees what it is there to see."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.transcoding.worker.hostile.sampler import Samples, disk_bytes, sample

MIB = 2**20


def watched(program: str, directory: Path) -> Samples:
    """Run a Python program that starts with another's name, until it asks for more input."""
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=directory, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        looks = iter([False, False, True])
        samples = sample(process.pid, directory, until=lambda: next(looks))
        process.communicate(b"\n")
    return samples


def test_it_sees_memory_that_is_used(tmp_path: Path) -> None:
    samples = watched("held = bytearray(200 * 2**20); print(flush=True); input()", tmp_path)
    assert samples.count == 2
    assert samples.peak_resident_bytes > 200 * MIB
    (process,) = samples.processes.values()
    assert process.peak_address_bytes > process.peak_resident_bytes > 200 * MIB


def test_it_sees_memory_that_was_used_before_it_looked(tmp_path: Path) -> None:
    samples = watched("held = bytearray(200 * 2**20); del held; print(flush=True); input()", tmp_path)
    (process,) = samples.processes.values()
    assert process.peak_resident_bytes > 200 * MIB > samples.peak_resident_bytes


def test_it_sees_the_children_of_children(tmp_path: Path) -> None:
    child = "held = bytearray(200 * 2**20); print(flush=True); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    grandparent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {parent!r}], check=True)"
    samples = watched(grandparent, tmp_path)
    assert len(samples.processes) == 3
    assert samples.peak_resident_bytes > 200 * MIB


def test_it_sees_time_spent(tmp_path: Path) -> None:
    spend = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"
    assert watched(spend, tmp_path).cpu_seconds == pytest.approx(0.5, abs=0.3)


def test_it_sees_the_limit_that_the_kernel_holds_a_process_to(tmp_path: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); print(flush=True); input()"
    (process,) = watched(limit, tmp_path).processes.values()
    assert process.address_limit_bytes == 2**30


def test_it_sees_the_disk_and_counts_a_file_with_two_names_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"x" * 5 * MIB)
    (tmp_path / "two").hardlink_to(tmp_path / "one")
    assert 5 * MIB <= disk_bytes(tmp_path) < 6 * MIB
    assert 5 * MIB <= watched("print(flush=True); input()", tmp_path).peak_disk_bytes < 6 * MIB
