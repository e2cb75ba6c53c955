"""docs/protocol.md, followed to the letter by programs that others wrote: curl and wscat."""

import json
import os
import re
import subprocess
import threading
from pathlib import Path

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


def test_wscat_sees_snapshot_progress_and_completed(site: Site, script: Script, long_clip: Path) -> None:
    video_id = script.upload(long_clip)
    address = f"{site.url.replace('http', 'ws')}/ws/videos/{video_id}/"
    cookie = f"Cookie: sessionid={script.http.cookies['sessionid']}"
    command = [
        "node",
        str(ROOT / "node_modules/wscat/bin/wscat"),
        "--connect",
        address,
        "--origin",
        site.url,
        "--header",
        cookie,
    ]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as wscat:
        watchdog = threading.Timer(180, wscat.kill)
        watchdog.start()
        messages = []
        assert wscat.stdout
        for line in wscat.stdout:
            if (start := line.find('{"')) < 0:
                continue
            messages.append(json.loads(line[start:].strip()))
            if messages[-1]["type"] == "status" and messages[-1]["status"] == "COMPLETED":
                break
        watchdog.cancel()
        wscat.kill()
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
    address = f"{site.url.replace('http', 'ws')}/ws/videos/{video_id}/"
    cookie = f"Cookie: sessionid={script.http.cookies['sessionid']}"
    command = [
        "node",
        str(ROOT / "node_modules/wscat/bin/wscat"),
        "--connect",
        address,
        "--origin",
        site.url,
        "--header",
        cookie,
    ]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as wscat:
        with pytest.raises(subprocess.TimeoutExpired):
            wscat.wait(35)
        wscat.kill()
