"""The transcoder in a container: it is given an address and a token, and fetches the rest."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import REPOSITORY, make_clip, make_spec, published, store_source
from transcoding.worker.claim import claimed_spec
from transcoding.worker.errors import Interrupted, PlatformError, Stopped
from transcoding.worker.spec import JobSpec, SpecError
from transcoding.worker.stop import StopSwitch

Answer = tuple[int, str]


class Door(ThreadingHTTPServer):
    """The site's door for a claim, with its answers in turn; the last is given for ever."""

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = [*answers]
        self.tokens: list[str | None] = []

    @property
    def environment(self) -> dict[str, str]:
        return {"VIDSITE_START_URL": f"http://127.0.0.1:{self.server_port}/start", "VIDSITE_TOKEN": "the-token"}


class Handler(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        self.server.tokens.append(self.headers["Authorization"])
        status, body = self.server.answers[0] if len(self.server.answers) == 1 else self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Open = Callable[..., Door]


@pytest.fixture
def door() -> Iterator[Open]:
    """Return a function that opens a door with the given answers."""
    doors: list[Door] = []

    def open_door(*answers: Answer) -> Door:
        doors.append(Door(*answers))
        Thread(target=doors[-1].serve_forever, args=(0.05,), daemon=True).start()
        return doors[-1]

    yield open_door
    for each in doors:
        each.shutdown()
        each.server_close()


def claim(door: Door, **changes: str) -> JobSpec:
    return claimed_spec({**door.environment, **changes}, stop=StopSwitch(), patience_seconds=3)


def test_the_specification_is_fetched_with_the_token(door: Open, tmp_path: Path) -> None:
    spec = make_spec(tmp_path)
    opened = door((200, spec.to_json()))
    assert claim(opened) == spec
    assert opened.tokens == ["Bearer the-token"]


def test_the_machine_may_name_its_own_work_directory(door: Open, tmp_path: Path) -> None:
    assert claim(door((200, make_spec(tmp_path).to_json())), VIDSITE_WORK_DIR="/scratch").work_dir == "/scratch"


def test_a_site_that_is_away_for_a_moment_is_asked_again(door: Open, tmp_path: Path) -> None:
    opened = door((503, ""), (502, "<html>"), (200, make_spec(tmp_path).to_json()))
    assert claim(opened).job_id == "job"
    assert len(opened.tokens) == 3


def test_a_site_that_stays_away_is_given_up(door: Open) -> None:
    with pytest.raises(PlatformError, match="did not answer"):
        claimed_spec(door((500, "")).environment, stop=StopSwitch(), patience_seconds=0.5)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [((409, '{"reason": "cancelled"}'), "cancelled"), ((409, "?"), "superseded"), ((401, ""), "unauthorized")],
)
def test_an_attempt_that_is_not_to_be_had_is_left_at_once(door: Open, answer: Answer, reason: str) -> None:
    opened = door(answer)
    with pytest.raises(Stopped, match=reason):
        claim(opened)
    assert len(opened.tokens) == 1


def test_an_answer_that_is_no_specification_says_so(door: Open) -> None:
    with pytest.raises(SpecError):
        claim(door((200, "{}")))


def test_a_machine_that_is_to_end_asks_no_longer(door: Open) -> None:
    stop = StopSwitch()
    stop.set(Interrupted())
    with pytest.raises(Interrupted):
        claimed_spec(door((500, "")).environment, stop=stop)


def run(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the program as a container does: no standard input, and an environment of its own."""
    path = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "transcoding.worker"]
    return subprocess.Popen(command, cwd=REPOSITORY, env={**path, **environment}, stdin=subprocess.DEVNULL)


@pytest.mark.media
def test_a_container_transcodes_what_it_fetched(tmp_path: Path, site: Site, door: Open) -> None:
    store_source(tmp_path, make_clip(tmp_path / "clip.mp4", seconds=5))
    opened = door((200, make_spec(tmp_path, url=site.url).to_json()))
    with run({**opened.environment, "VIDSITE_WORK_DIR": str(tmp_path / "scratch")}) as program:
        assert program.wait(60) == 0
    assert site.last["status"] == "SUCCEEDED"
    assert (published(tmp_path) / "240p" / "seg_00000.m4s").exists()
    assert (tmp_path / "scratch").is_dir()


@pytest.mark.media
def test_a_container_that_is_stopped_before_it_has_begun_ends_at_once(door: Open) -> None:
    opened = door((503, ""))
    with run(opened.environment) as program:
        while not opened.tokens:
            time.sleep(0.05)
        program.send_signal(signal.SIGTERM)
        assert program.wait(10) == 4
