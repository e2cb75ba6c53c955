"""The container images, as far as they can be judged without building them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.images import (
    DEPLOY,
    SITE,
    TRANSCODER,
    content,
    entrypoint,
    environment,
    instructions,
    last_stage,
    taken,
)
from tests.deploy.template import ROOT, resolved

BOTH = pytest.mark.parametrize("dockerfile", [TRANSCODER, SITE], ids=lambda path: path.stem)


@BOTH
def test_hadolint_has_nothing_to_say(dockerfile: Path) -> None:
    program = Path(sys.executable).with_name("hadolint")
    said = subprocess.run([program, "--no-color", dockerfile], capture_output=True, text=True, check=False)
    assert (said.stdout + said.stderr, said.returncode) == ("", 0)


@BOTH
def test_what_hadolint_is_told_to_pass_over_has_its_reason_in_the_line_before(dockerfile: Path) -> None:
    lines = dockerfile.read_text().splitlines()
    for number, line in enumerate(lines):
        if "hadolint ignore" in line:
            assert lines[number - 1].startswith("# ")


@BOTH
def test_every_base_is_pinned_to_a_release(dockerfile: Path) -> None:
    for name, words in instructions(dockerfile):
        if name == "FROM":
            assert re.fullmatch(r"(python|node):\d+\.\d+\.\d+-(slim-bookworm|bookworm-slim)( AS \w+)?", words), words


@BOTH
def test_nothing_runs_as_root(dockerfile: Path) -> None:
    users = [words for name, words in last_stage(dockerfile) if name == "USER"]
    assert [user for user in users if not re.fullmatch(r"[1-9]\d+", user)] == []
    assert users


@BOTH
def test_an_init_runs_the_program_and_no_shell_does(dockerfile: Path) -> None:
    init, *rest = entrypoint(dockerfile)
    assert init == "tini"
    assert "--" in rest
    for name, words in last_stage(dockerfile):
        if name == "CMD":
            assert json.loads(words)


@BOTH
def test_an_image_says_what_it_is(dockerfile: Path) -> None:
    (words,) = [words for name, words in last_stage(dockerfile) if name == "LABEL"]
    for label in ("title", "description", "version"):
        assert f"org.opencontainers.image.{label}=" in words


@BOTH
def test_the_builder_is_sent_what_the_image_takes_and_nothing_else(dockerfile: Path) -> None:
    ignored = dockerfile.with_name(f"{dockerfile.name}.dockerignore").read_text().splitlines()
    sent = {line[1:].removesuffix("/**") for line in ignored if line.startswith("!")}
    wanted = {
        source.removesuffix("/")
        for name, words in instructions(dockerfile)
        if name == "COPY" and not words.startswith("--")
        for source in words.split()[:-1]
    }
    # A file below a folder that is sent needs no line of its own.
    assert sent <= wanted
    assert all(any(source == one or source.startswith(f"{one}/") for one in sent) for source in wanted)
    assert ignored[0] == "*"


def test_the_transcoder_takes_nothing_of_the_site() -> None:
    assert [source for source, _ in taken(TRANSCODER)] == [
        "transcoding/worker/requirements.txt", "transcoding/__init__.py", "transcoding/worker/",
    ]  # fmt: skip


def test_the_transcoder_writes_to_the_volume_that_the_task_definition_mounts() -> None:
    (container,) = resolved()["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    (mount,) = container["MountPoints"]
    (volume,) = [json.loads(words) for name, words in last_stage(TRANSCODER) if name == "VOLUME"]
    env = environment(TRANSCODER)
    assert volume == [mount["ContainerPath"]]
    assert (env["VIDSITE_WORK_DIR"], env["TMPDIR"]) == (mount["ContainerPath"], mount["ContainerPath"])


def test_the_task_runs_as_the_images_own_user() -> None:
    (container,) = resolved()["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert ("USER", container["User"]) in last_stage(TRANSCODER)


def test_the_sites_image_holds_all_that_the_site_needs(tmp_path: Path) -> None:
    app = content(SITE, tmp_path / "app")
    (app / "node_modules").symlink_to(ROOT / "node_modules")
    env = {
        "PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path / "var"), "SECRET_KEY": "only-for-this-step",
        "PYTHONDONTWRITEBYTECODE": "1",
    }  # fmt: skip
    manage = [sys.executable, "-W", "error::UserWarning", "manage.py"]
    for command in (["collectstatic", "--no-input"], ["check"], ["migrate", "--no-input"], ["s3_events", "--help"]):
        done = subprocess.run([*manage, *command], cwd=app, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "WARNING" not in done.stdout + done.stderr
    assert list((tmp_path / "var" / "static").rglob("staticfiles.json"))


def test_no_file_here_is_for_an_image_that_is_not() -> None:
    names = {path.name.removesuffix(".dockerignore") for path in DEPLOY.glob("*Dockerfile*")}
    assert names == {TRANSCODER.name, SITE.name}
