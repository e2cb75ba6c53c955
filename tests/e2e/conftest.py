"""The whole site as `manage.py up` runs it, a real Chromium, and clips to upload."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.script import Script
from tests.environment import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Site:
    """A running site: where it is, where its state lies, and the process that supervises it."""

    url: str
    var_dir: Path
    pid: int

    def processes(self, *words: str) -> list[int]:
        """Return the processes under the supervisor whose command line holds all these words."""
        return [pid for pid in descendants(self.pid) if all(word in command_line(pid) for word in words)]

    def log(self) -> str:
        """Return what every child has said."""
        return "\n".join(path.read_text() for path in sorted((self.var_dir / "log").glob("*.log")))


def command_line(pid: int) -> str:
    """Return a process's command line, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """Return every process below one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(entry.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        parents.setdefault(parent, []).append(int(entry.parent.name))
    found = [*parents.get(pid, [])]
    for child in found:
        found += parents.get(child, [])
    return found


def run_site(var_dir: Path, **settings: str) -> Iterator[Site]:
    """Run a site of its own until the test is over."""
    port = free_port(2)  # Redis takes the second
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "VAR_DIR": str(var_dir), "PORT": str(port), **settings}
    command = [sys.executable, "manage.py", "up", "--quiet"]
    with (var_dir / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_for_site(f"http://127.0.0.1:{port}", process, var_dir / "up.log")
        yield Site(url=f"http://127.0.0.1:{port}", var_dir=var_dir, pid=process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for_site(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/healthz", timeout=2).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"the site did not start: {log.read_text()}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for the whole session."""
    yield from run_site(tmp_path_factory.mktemp("site"), JOB_LEASE_SECONDS="8")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of tests: as long as it is open, Playwright runs an event loop in their thread."""
    executable = shutil.which("chromium")
    assert executable, "chromium is missing: run `make test`, which installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def script(site: Site) -> Iterator[Script]:
    """A new person who uses the API."""
    with Script(site.url) as person:
        yield person


@dataclass(kw_only=True)
class Tab:
    """A page of a signed-in person, with all that it said to its console."""

    page: Page
    context: BrowserContext
    said: list[str]
    password: str

    def open(self, path: str) -> None:
        self.page.goto(path)


@pytest.fixture
def people(site: Site, chromium: Browser) -> Iterator[Any]:
    """Return a function that signs a new person up, in a browser of their own."""
    contexts: list[BrowserContext] = []

    def sign_up(name: str, **options: Any) -> Tab:
        context = chromium.new_context(base_url=site.url, viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"pageerror: {error}"))
        page.goto("/accounts/signup/")
        page.fill("[name=username]", f"{name}-{time.monotonic_ns()}")
        page.fill("[name=password1]", "a-long-Secret-77")
        page.fill("[name=password2]", "a-long-Secret-77")
        page.click("main form button")
        page.wait_for_url("**/")
        return Tab(page=page, context=context, said=said, password="a-long-Secret-77")

    yield sign_up
    for context in contexts:
        context.close()


def make_clip(path: Path, *, seconds: int, size: str = "1280x720", rate: int = 30) -> Path:
    """Make a clip with moving picture and sound."""
    picture = f"testsrc2=size={size}:rate={rate}:duration={seconds}"
    sound = f"sine=frequency=440:beep_factor=4:duration={seconds}"
    encoding = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        picture,
        "-f",
        "lavfi",
        "-i",
        sound,
        *encoding,
        str(path),
    ]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="session")
def short_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine seconds of 640x360: three segments."""
    return make_clip(tmp_path_factory.mktemp("clips") / "short clip.mp4", seconds=9, size="640x360")


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A minute of 1280x720: long enough to watch while it is being encoded."""
    return make_clip(tmp_path_factory.mktemp("clips") / "long clip.mp4", seconds=60)


@pytest.fixture(scope="session")
def half_clip(long_clip: Path) -> Path:
    """The first half of a long clip's bytes and zeros for the rest, as a download that broke off leaves them."""
    whole, half = (long_clip.with_name(f"{name} clip.mp4") for name in ("whole", "half"))
    command = ["ffmpeg", "-v", "error", "-i", str(long_clip), "-c", "copy", "-movflags", "+faststart", str(whole)]
    subprocess.run(command, check=True)
    content = whole.read_bytes()
    half.write_bytes(content[: len(content) // 2].ljust(len(content), b"\0"))
    return half


@pytest.fixture(scope="session")
def heavy_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A short clip of forty-odd megabytes: bytes after the film in a box that players skip (ISO 14496-12 §8.1.2)."""
    path = make_clip(tmp_path_factory.mktemp("clips") / "heavy clip.mp4", seconds=4, size="640x360")
    padding = 44 * 1024 * 1024
    with path.open("ab") as file:
        file.write((padding + 8).to_bytes(4, "big") + b"free" + os.urandom(padding))
    return path
