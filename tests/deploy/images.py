"""Dockerfiles, read as far as a test needs: their instructions, and the files that they take from the repository."""

import json
import re
import shutil
from pathlib import Path

from tests.deploy.template import ROOT

DEPLOY = ROOT / "deploy"
TRANSCODER, SITE = DEPLOY / "transcoder.Dockerfile", DEPLOY / "site.Dockerfile"


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Return each instruction with its words, continued lines joined."""
    lines = [line for line in dockerfile.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [(name, rest.strip()) for line in joined.splitlines() if line for name, _, rest in [line.partition(" ")]]


def last_stage(dockerfile: Path) -> list[tuple[str, str]]:
    """Return the instructions that make the image itself."""
    everything = instructions(dockerfile)
    start = max(number for number, (name, _) in enumerate(everything) if name == "FROM")
    return everything[start:]


def entrypoint(dockerfile: Path) -> list[str]:
    """Return the words of the program that the image runs; a shell's line would be no JSON."""
    (words,) = [words for name, words in last_stage(dockerfile) if name == "ENTRYPOINT"]
    found: list[str] = json.loads(words)
    return found


def environment(dockerfile: Path) -> dict[str, str]:
    """Return what the image sets."""
    words = " ".join(words for name, words in last_stage(dockerfile) if name == "ENV")
    return dict(re.findall(r"([A-Z_]+)=(\S+)", words))


def taken(dockerfile: Path) -> list[tuple[str, str]]:
    """Return what the image takes from the repository, and where to."""
    copies = [words.split() for name, words in last_stage(dockerfile) if name == "COPY" and not words.startswith("--")]
    return [(source, target) for *sources, target in copies for source in sources]


def content(dockerfile: Path, folder: Path) -> Path:
    """Put into a folder what the image's working directory holds of the repository."""
    for source, target in taken(dockerfile):
        here, there = ROOT / source, folder / target
        if here.is_dir():
            shutil.copytree(here, there, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            there = there / here.name if target.endswith("/") else there
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(here, there)
    return folder
