"""A file that is a script for ffmpeg, under the name of a video: what it names is never touched."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.transcoding.worker.hostile.attempt import attempt, require_bounded, require_refused
from tests.transcoding.worker.hostile.scripts import SCRIPTS
from tests.transcoding.worker.hostile.trap import Trap, trap
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import LIMITS, make_clip
from transcoding.worker.hardening import input_options, input_url

pytestmark = pytest.mark.media

VICTIM = "victim.ts"
OPTIONS = input_options(max_pixels=LIMITS.max_pixels, audio_files=True)
HARDENED = [part for name, value in OPTIONS.items() for part in (f"-{name}", value)]
FORMS = {"hls": ["-f", "hls", "-allowed_extensions", "ALL"], "ffconcat": ["-f", "concat", "-safe", "0"]}
ANYTHING_GOES = ["-protocol_whitelist", "file,http,tcp,udp,rtp,crypto,data"]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A trap, and what a script in `root` may name to step into it."""

    root: Path
    trap: Trap
    victim: Path

    @property
    def urls(self) -> list[str]:
        port = self.trap.port
        return [f"http://127.0.0.1:{port}/x.ts", f"tcp://127.0.0.1:{port}", f"udp://127.0.0.1:{port}"]

    @property
    def paths(self) -> list[str]:
        climbs = [VICTIM, *("../" * n + VICTIM for n in (1, 2, 3))]
        return [*climbs, str(self.victim), f"file:{self.victim}", f"file://{self.victim}", f"concat:{self.victim}"]

    def is_untouched(self) -> bool:
        return not self.trap.was_called() and not self.trap.was_opened()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that is worth opening."""
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.ts", seconds=0.2)


@pytest.fixture
def scene(tmp_path: Path, clip: Path) -> Iterator[Scene]:
    """Victims lie wherever a relative name could lead: beside the source in the store, around the work directory."""
    folders = [tmp_path, tmp_path / "work", tmp_path / "store", tmp_path / "store" / "sources" / "video"]
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / VICTIM).write_bytes(clip.read_bytes())
    with trap(*(folder / VICTIM for folder in folders)) as set_up:
        yield Scene(root=tmp_path, trap=set_up, victim=tmp_path / VICTIM)


def run(program: str, *arguments: str | Path) -> None:
    """Run ffprobe or ffmpeg as it stands, outside of any sandbox; however it ends."""
    command = [program, "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=20)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_transcoder_touches_nothing_that_a_script_names(scene: Scene, site: Site, name: str) -> None:
    source = scene.root / "source.mp4"
    source.write_text(SCRIPTS[name]([*scene.urls, *scene.paths]))
    ending = attempt(scene.root, site, source)
    assert scene.is_untouched()
    require_refused(ending, ["source.unsupported-container", "source.unsupported-codec", "source.unreadable"])
    require_bounded(ending, cpu_seconds=10)


@pytest.mark.parametrize("ending", ["mp4", "mov", "avi", "ts"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_the_options_alone_keep_it_from_touching_anything(scene: Scene, name: str, ending: str) -> None:
    for number, targets in enumerate((scene.urls, scene.paths)):
        source = scene.root / f"{number}.{ending}"
        source.write_text(SCRIPTS[name](targets))
        run("ffprobe", *HARDENED, "-show_streams", "-i", input_url(source))
        assert scene.is_untouched()


def test_without_the_options_the_listener_would_be_called(scene: Scene) -> None:
    source = scene.root / "source.mp4"
    source.write_text(SCRIPTS["ffconcat"]([f"tcp://127.0.0.1:{scene.trap.port}?timeout=100000"]))
    run("ffprobe", "-rw_timeout", "100000", *ANYTHING_GOES, *FORMS["ffconcat"], "-i", source)
    assert scene.trap.was_called()


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("target", [VICTIM, "{root}/" + VICTIM])
def test_without_the_options_the_sibling_would_be_opened(scene: Scene, name: str, target: str) -> None:
    source = scene.root / "source.mp4"
    source.write_text(SCRIPTS[name]([target.format(root=scene.root)]))
    run("ffprobe", *ANYTHING_GOES, *FORMS[name], "-i", source)
    assert scene.trap.was_opened()
