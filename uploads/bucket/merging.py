"""Our rules among those of others: ours are replaced, theirs stay."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

Theirs = TypeVar("Theirs", bound=Mapping[str, object])
Ours = TypeVar("Ours", bound=Mapping[str, object])
Meaning = Callable[[Mapping[str, object]], str]
"""What a rule says, whatever its name and however the server writes it down."""


def merged(
    found: Sequence[Theirs], ours: Sequence[Ours], *, names: set[str], key: str, meaning: Meaning
) -> list[Theirs | Ours]:
    """Return ours and the others of what was found.

    What says the same as one of ours is ours, too: some servers do not keep the names of rules.

    >>> found = [{"ID": "theirs", "Days": 1}, {"ID": "ours", "Days": 2}]
    >>> merged(found, [{"ID": "ours", "Days": 3}], names={"ours"}, key="ID", meaning=lambda rule: str(rule["Days"]))
    [{'ID': 'theirs', 'Days': 1}, {'ID': 'ours', 'Days': 3}]
    """
    said = {meaning(rule) for rule in ours}
    others = [rule for rule in found if rule.get(key) not in names and meaning(rule) not in said]
    return [*others, *ours]


def is_same(
    found: Sequence[Mapping[str, object]], wanted: Sequence[Mapping[str, object]], *, meaning: Meaning
) -> bool:
    """Whether what was found says what is wanted, in whatever order."""
    return sorted(map(meaning, found)) == sorted(map(meaning, wanted))
