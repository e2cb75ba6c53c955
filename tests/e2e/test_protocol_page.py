"""docs/protocol.md, followed to the letter by programs that others wrote: curl and wscat."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Site
from tests.e2e.script import Script

pytestmark = pytest.mark.e2e


def script_of_the_page() -> str:
    """Return the shell blocks of the page, one after another."""
    page = (ROOT / "docs" / "protocol.md").read_text()
    return "set -eu\n" + "\n".join(re.findall(r"^```sh\n(.*?)^```$", page, flags=re.M | re.S))


def test_curl_alone_uploads_a_video_by_following_the_page(
    site: Site, script: Script, short_clip: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "film.mp4"
    clip.write_bytes(short_clip.read_bytes())
    settings = {"site": site.url, "name": script.name, "password": script.password, "file": str(clip)}
    run = subprocess.run(
        ["bash", "-c", script_of_the_page()],
        env={"PATH": os.environ["PATH"], **settings},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr + run.stdout
    assert '"status": "COMPLETED"' in run.stdout
    assert "#EXT-X-STREAM-INF" in run.stdout


@contextmanager
def wscat(site: Site, script: Script, video_id: str) -> Iterator[subprocess.Popen[str]]:
    """Open a video's socket with wscat, as the page says."""
    address = f"{site.url.replace('http', 'ws')}/ws/videos/{video_id}/"
    cookie = f"Cookie: sessionid={script.http.cookies['sessionid']}"
    program = ["node", str(ROOT / "node_modules/wscat/bin/wscat")]
    command = [*program, "--connect", address, "--origin", site.url, "--header", cookie]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        watchdog = threading.Timer(180, process.kill)
        watchdog.start()
        yield process
        watchdog.cancel()
        process.kill()


def messages_until_completed(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Read what wscat prints until the status is COMPLETED."""
    messages: list[dict[str, Any]] = []
    assert process.stdout
    for line in process.stdout:
        if (start := line.find('{"')) >= 0:
            messages.append(json.loads(line[start:].strip()))
            if messages[-1]["type"] == "status" and messages[-1]["status"] == "COMPLETED":
                break
    return messages


def test_wscat_sees_snapshot_progress_and_completed(site: Site, script: Script, long_clip: Path) -> None:
    with wscat(site, script, script.upload(long_clip)) as process:
        messages = messages_until_completed(process)
    assert messages[0]["type"] == "snapshot"
    assert messages[-1]["status"] == "COMPLETED"
    progress = [m["progress"] for m in messages if m["type"] == "progress" and m["quality"] == "720p"]
    assert len(set(progress)) >= 5
    assert progress == sorted(progress)
    versions = [m["version"] for m in messages]
    assert versions == sorted(versions)


def test_an_idle_socket_stays_open(site: Site, script: Script, short_clip: Path) -> None:
    video_id = script.upload(short_clip)
    script.wait(video_id)
    with wscat(site, script, video_id) as process, pytest.raises(subprocess.TimeoutExpired):
        process.wait(35)
