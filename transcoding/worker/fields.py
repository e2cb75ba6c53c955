"""Read typed values out of a decoded JSON object, naming what is wrong."""

import re
from collections.abc import Mapping

ANY_TEXT = r"(?s).*"


class SpecError(ValueError):
    """The job specification is not one; the message names the field."""


class Fields:
    """The fields of one object; every method raises SpecError for a value that is missing or wrong."""

    def __init__(self, document: object, name: str) -> None:
        if not isinstance(document, Mapping):
            raise SpecError(f"{name or 'The job specification'} must be an object.")
        self._document = document
        self._prefix = f"{name}." if name else ""

    def _get(self, key: str) -> object:
        if key not in self._document:
            raise SpecError(f"{self._prefix}{key} is missing.")
        return self._document[key]

    def text(self, key: str, *, pattern: str = r"(?s).+") -> str:
        value = self._get(key)
        if not isinstance(value, str) or "\0" in value or not re.fullmatch(pattern, value):
            raise SpecError(f"{self._prefix}{key} is not a good value.")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return a text that may be left out."""
        return self.text(key) if self._document.get(key) is not None else None

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, which may be empty."""
        values = self._get(key)
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise SpecError(f"{self._prefix}{key} must be a list of texts.")
        return tuple(values)

    def whole(self, key: str, *, minimum: int) -> int:
        value = self._get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
            raise SpecError(f"{self._prefix}{key} must be a whole number of {minimum} or more.")
        return value

    def part(self, key: str) -> "Fields":
        return Fields(self._get(key), f"{self._prefix}{key}")

    def part_or_none(self, key: str) -> "Fields | None":
        """Return an object that may be null, but not left out."""
        return self.part(key) if self._get(key) is not None else None

    def parts(self, key: str) -> "list[Fields]":
        values = self._get(key)
        if not isinstance(values, list) or not values:
            raise SpecError(f"{self._prefix}{key} must be a list with at least one entry.")
        return [Fields(value, f"{self._prefix}{key}[{n}]") for n, value in enumerate(values)]
