"""Static files from node_modules: those that are listed, and nothing else."""

from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django.fixtures import Settings

from vidsite.npm_finder import NpmFinder


@pytest.fixture
def finder(tmp_path: Path, settings: Settings) -> NpmFinder:
    """A finder over a small node_modules."""
    for name in ("player/dist/a.js", "player/dist/b.js", "player/dist/b.map", "player/package.json", "secret/key.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    settings.NPM_ROOT = tmp_path
    settings.NPM_STATIC = {"vendor/player": ("player/dist", ["*.js"])}
    return NpmFinder()


def test_it_finds_a_listed_file(finder: NpmFinder) -> None:
    assert finder.find("vendor/player/a.js") == str(finder.root / "player/dist/a.js")
    assert finder.find("vendor/player/a.js", find_all=True) == [str(finder.root / "player/dist/a.js")]


@pytest.mark.parametrize(
    "path",
    ["vendor/player/b.map", "vendor/player/../package.json", "vendor/player/../../secret/key.js", "player/dist/a.js",
     "vendor/player/", "vendor/player", "vendor/playera.js", "/etc/passwd", ""],
)  # fmt: skip
def test_it_finds_nothing_that_is_not_listed(finder: NpmFinder, path: str) -> None:
    assert not finder.find(path)
    assert finder.find(path, find_all=True) == []


def test_it_lists_the_listed_files_under_their_prefix(finder: NpmFinder) -> None:
    listed = [(storage.prefix, name) for name, storage in finder.list(None)]  # type: ignore[attr-defined]  # see there
    assert listed == [("vendor/player", "a.js"), ("vendor/player", "b.js")]


def test_it_leaves_out_what_is_to_be_ignored(finder: NpmFinder) -> None:
    assert [name for name, _ in finder.list(["b*"])] == ["a.js"]


def test_it_warns_of_a_package_that_is_not_installed(finder: NpmFinder) -> None:
    finder.packages = {"vendor/gone": ("gone/dist", ["all.js"])}
    (warning,) = finder.check()
    assert (warning.id, warning.hint) == ("vidsite.W001", "Run `npm ci`.")


def test_it_has_nothing_to_warn_of_when_all_is_there(finder: NpmFinder) -> None:
    assert finder.check() == []


def test_django_asks_it_after_the_apps_own_files(settings: Settings) -> None:
    assert finders.find("vendor/nothing.js") is None
