"""The transcoder's image as a plain virtualenv: its own requirements, its own files, and nothing of the site."""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.deploy.images import TRANSCODER, content, entrypoint
from tests.deploy.template import ROOT
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import make_clip, make_spec, published, store_source

OWN = ROOT / "transcoding" / "worker" / "requirements.txt"
MODULES = sorted((ROOT / "transcoding" / "worker").rglob("*.py"))
IMPORT_EVERYTHING = """
import importlib, importlib.util, pkgutil
import transcoding.worker
for module in pkgutil.iter_modules(transcoding.worker.__path__, "transcoding.worker."):
    importlib.import_module(module.name)
for name in ("django", "celery", "channels", "redis", "vidsite", "uploads", "progress"):
    assert importlib.util.find_spec(name) is None, name
"""


def pins(file: Path) -> dict[str, str]:
    lines = [line.split("#")[0].strip() for line in file.read_text().splitlines()]
    return dict(re.fullmatch(r"([\w-]+)(?:\[.*\])?==(\S+)", line).groups() for line in lines if line)  # type: ignore[union-attr, misc]  # a line that is no pin is a failure


def imported_when_it_runs() -> set[str]:
    """Return the packages that modules of the transcoder import, but for those that the type checker alone reads."""
    found: set[str] = set()
    for path in MODULES:
        tree = ast.parse(path.read_text())
        for_types = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            if node in for_types:
                continue
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"transcoding"}


@pytest.fixture(autouse=True)
def own_store() -> None:
    """Replace the fixture of the same name that sets up the site."""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a virtualenv that was made from the transcoder's requirements alone."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    interpreter = folder / "bin" / "python"
    pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--requirement", str(OWN)], check=True)
    return interpreter


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the image."""
    return content(TRANSCODER, tmp_path_factory.mktemp("image"))


def command(python: Path) -> list[str]:
    """Return what the image runs, without the init and by that interpreter."""
    words = entrypoint(TRANSCODER)
    program, *arguments = words[words.index("--") + 1 :]
    assert program == "python"
    return [str(python), *arguments]


def test_the_requirements_are_pinned_as_the_sites_own_are() -> None:
    site = pins(ROOT / "requirements.txt")
    own = pins(OWN)
    assert {name: version for name, version in own.items() if name in site} == {
        name: site[name] for name in own if name in site
    }
    assert not {"Django", "celery", "channels", "redis", "daphne"} & set(own)


def test_the_requirements_name_what_the_transcoder_imports_and_nothing_else() -> None:
    providers = importlib.metadata.packages_distributions()
    needed = {providers[name][0] for name in imported_when_it_runs()}
    assert {name.lower() for name in needed} == {name.lower() for name in pins(OWN)}


def test_it_is_whole_without_django(python: Path, image: Path) -> None:
    done = subprocess.run(
        [python, "-I", "-c", f"import sys; sys.path.insert(0, {str(image)!r})\n{IMPORT_EVERYTHING}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_without_anything_to_do_it_ends_and_says_so(python: Path, image: Path) -> None:
    done = subprocess.run(
        command(python), cwd=image, env={"PATH": "/usr/bin:/bin"}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "This is no job specification" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.media
def test_a_video_comes_out_whole_with_no_more_than_the_environment_of_a_task(
    python: Path, image: Path, tmp_path: Path
) -> None:
    store_source(tmp_path, make_clip(tmp_path / "clip.mp4", seconds=2))
    scratch = tmp_path / "scratch"
    with Site().running() as site, door(make_spec(tmp_path, url=site.url).to_json()) as url:
        done = subprocess.run(
            command(python), cwd=image, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={
                "PATH": os.environ["PATH"], "VIDSITE_START_URL": url, "VIDSITE_TOKEN": "secret-token",
                "VIDSITE_WORK_DIR": str(scratch), "TMPDIR": str(scratch),
            },
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert site.last["status"] == "SUCCEEDED"
    assert (published(tmp_path) / "240p" / "seg_00000.m4s").stat().st_size
    assert list(scratch.glob("transcode-*")) == []


@contextmanager
def door(specification: str) -> Iterator[str]:
    """Give the specification to whoever asks for it, as the site does; yield where."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(specification.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/start"
    server.shutdown()
    server.server_close()
    thread.join()
