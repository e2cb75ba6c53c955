"""Two readers of playlists that know nothing of ours: m3u8, and hls-parser in Node.js."""

import json
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import m3u8
from m3u8 import version_matching

SCRIPT = Path(__file__).with_name("read_playlists.mjs")


@cache
def read_by_m3u8(text: str) -> Any:
    """Return the playlist; raise what m3u8 raises when it is strict."""
    faults = version_matching.validate(text.splitlines())
    assert not faults, faults
    m3u8.parse(text, strict=True)
    return m3u8.loads(text)


@cache
def read_by_hls_parser(*texts: str) -> Sequence[dict[str, Any]]:
    """Return what hls-parser made of each playlist; one that it refuses has an "error"."""
    question = json.dumps(texts).encode()
    ended = subprocess.run(["node", SCRIPT], check=False, input=question, capture_output=True, timeout=60)
    said = ended.stderr.decode()
    assert (ended.returncode, said) == (0, "")
    found: list[dict[str, Any]] = json.loads(ended.stdout)
    return found
