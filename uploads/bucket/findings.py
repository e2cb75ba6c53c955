"""What was found about one item of the bucket's set-up."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OK = "ok"
    MADE = "made"
    MISSING = "missing"
    NOT_OFFERED = "not offered"
    """The store does not know such a thing; the sentence says what follows from it."""
    BY_HAND = "by hand"
    """Somebody else must do it: these credentials may not, or it lies outside what this command can see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    state: State
    item: str
    sentence: str
    commands: tuple[str, ...] = ()
    """What somebody with the rights must run."""
    addition: str = ""
    """Our part of what must be there, as JSON, where nobody could look: it is to be added to the rest."""
    remark: str = ""
    """What is not wrong, but worth a thought."""
    is_seen: bool = True
    """Whether we could look: what we cannot see, nobody can call undone."""

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.is_seen and self.state in {State.MISSING, State.BY_HAND}
