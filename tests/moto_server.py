"""moto's server: it answers as AWS does, believes every signature, and runs nothing."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
PLAIN = ("-m", "moto.server")


@contextmanager
def moto_server(port: int, *, program: Sequence[str] = PLAIN) -> Iterator[subprocess.Popen[bytes]]:
    """Run it on a port of this machine until the block ends; `program` is what Python is given to start it."""
    command = [sys.executable, *program, "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/moto-api/", process)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert process.poll() is None, "moto's server ended at once"
        try:
            httpx.get(address, timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("moto's server does not answer")
