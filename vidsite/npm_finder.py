"""Serve a white list of files from node_modules as static files, without a bundler."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal, overload

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Warning
from django.core.files.storage import FileSystemStorage


class NpmFinder(BaseFinder):
    """Find the files named by `NPM_STATIC = {url prefix: (folder in NPM_ROOT, [glob, ...])}`.

    Nothing else below NPM_ROOT can be reached: a path is compared with the listed files, never joined.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.root = Path(settings.NPM_ROOT)
        self.packages: dict[str, tuple[str, list[str]]] = settings.NPM_STATIC

    def check(self, **kwargs: object) -> list[CheckMessage]:
        # A warning, so that the site's Python side can be worked on where there is no Node.
        return [
            Warning(
                f"{folder}/{glob} is not in {self.root.name}, so that pages will miss it.",
                hint="Run `npm ci`.",
                id="vidsite.W001",
            )
            for folder, globs in self.packages.values()
            for glob in globs
            if not any((self.root / folder).glob(glob))
        ]

    @overload
    def find(self, path: str, find_all: Literal[False] = False) -> str | None: ...  # noqa: FBT002 — the signature is Django's
    @overload
    def find(self, path: str, find_all: Literal[True]) -> list[str]: ...
    def find(self, path: str, find_all: bool = False, **kwargs: object) -> str | list[str] | None:  # noqa: FBT001, FBT002 — likewise
        matches = [
            str(self.root / folder / name)
            for prefix, (folder, globs) in self.packages.items()
            if path.startswith(f"{prefix}/")
            for name in self._names(folder, globs)
            if path == f"{prefix}/{name}"
        ]
        if kwargs.get("all", find_all):  # `all` is the argument's name before Django 5.2
            return matches
        # Django takes None for a match, as every finder of its own answers an empty list.
        return matches[0] if matches else []

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        ignored = tuple(ignore_patterns or ())
        for prefix, (folder, globs) in self.packages.items():
            storage = FileSystemStorage(location=self.root / folder)
            storage.prefix = prefix  # type: ignore[attr-defined]  # collectstatic reads it
            for name in self._names(folder, globs):
                if not any(fnmatch(name, pattern) for pattern in ignored):
                    yield name, storage

    def _names(self, folder: str, globs: Iterable[str]) -> Iterator[str]:
        base = self.root / folder
        found = {file for glob in globs for file in base.glob(glob) if file.is_file()}
        return (file.relative_to(base).as_posix() for file in sorted(found))
