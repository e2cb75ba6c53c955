"""Runs a program to its end, and says what it took."""

import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.real_s3.figures import BenchError

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SECONDS = 300
ERROR_CHARACTERS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One program, from its start to its end."""

    output: str
    seconds: float
    cpu_seconds: float


def run(command: Sequence[str | Path], environ: Mapping[str, str] | None = None, given: str = "") -> Run:
    """Run a program in the tree's root with this on its standard input. Raises BenchError when it fails.

    Its CPU is that of every process that was waited for meanwhile: run one at a time.
    """
    words = [str(word) for word in command]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    try:
        done = subprocess.run(
            words, cwd=ROOT, env=environ or os.environ, input=given, capture_output=True, text=True, check=False,
            timeout=LONGEST_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{' '.join(words)} did not come to an end in {LONGEST_SECONDS} s.") from error
    seconds, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)} failed: {done.stderr[-ERROR_CHARACTERS:]}")
    cpu_seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Run(output=done.stdout, seconds=seconds, cpu_seconds=cpu_seconds)
