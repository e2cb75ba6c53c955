"""One item of the bucket's set-up: looked at, and put right; each lives in a module of its own."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, TypeVar

from uploads.bucket.findings import Finding, State
from uploads.bucket.refusals import Refusal, code_of, no_answer, refusal, wrong_credentials
from uploads.stores.aws import AwsError

Found = TypeVar("Found")
Answer = TypeVar("Answer")


class NotYet(Exception):
    """Something else must happen first; the message is a sentence that says what."""


class Item(ABC, Generic[Found]):
    """Reads what is there, says whether it differs from what is wanted, and writes what is wanted.

    What talks to the store may raise AwsError, NotYet and Unreachable.
    """

    name: ClassVar[str]
    without: ClassVar[str] = "The store does not offer it."
    """What follows where the store does not know such a thing."""

    @abstractmethod
    def promise(self) -> str:
        """Say what holds when it is as it should be."""

    @abstractmethod
    def read(self) -> Found: ...

    @abstractmethod
    def differs(self, found: Found) -> str:
        """Return what is not as it should be, or nothing."""

    @abstractmethod
    def write(self, found: Found) -> None: ...

    @abstractmethod
    def commands(self, found: Found) -> tuple[str, ...]:
        """Return what somebody with the rights runs instead of `write`."""

    def commands_unseen(self) -> tuple[str, ...]:
        """Return what somebody with the rights runs where we could not look: nothing that others could lose by."""
        return ()

    def addition(self) -> Mapping[str, object] | None:
        """Return our part of what must be there, which somebody adds to what is there."""
        return None

    def remark(self, found: Found) -> str:
        """Return what is not wrong, but worth a thought."""
        return ""

    def examine(self, *, mend: bool) -> Finding:
        """Look at it and, when `mend` says so, put it right. Raises Unreachable when nobody can be asked."""
        found: Found | None = None
        try:
            found = self.read()
            wrong = self.differs(found)
            if wrong and not mend:
                return self._finding(State.MISSING, wrong)
            if wrong:
                self.write(found)
            state = State.MADE if wrong else State.OK
            return Finding(state=state, item=self.name, sentence=self.promise(), remark=self.remark(found))
        except NotYet as first:
            return self._finding(State.MISSING, str(first))
        except AwsError as error:
            return self._refused(error, found)

    def _refused(self, error: BaseException, found: Found | None) -> Finding:
        match refusal(error):
            case Refusal.WRONG_CREDENTIALS:
                raise wrong_credentials(error) from error
            case Refusal.NO_ANSWER:
                raise no_answer(error) from error
            case Refusal.NOT_OFFERED:
                return self._finding(State.NOT_OFFERED, self.without)
            case Refusal.NO_BUCKET:
                return self._finding(State.MISSING, "There is no bucket yet.")
            case Refusal.FORBIDDEN:
                return self._by_hand(code_of(error), found)
            case _:
                return self._finding(State.MISSING, f"It was refused: {error}")

    def _by_hand(self, code: str, found: Found | None) -> Finding:
        if found is None:
            sentence = f"These credentials may not look at it ({code}): run `manage.py s3_setup` with some that may."
        else:
            sentence = f"These credentials may not change it ({code})."
        try:
            commands = self.commands_unseen() if found is None else self.commands(found)
            ours = self.addition() if found is None else None
        except NotYet as first:
            return self._finding(State.MISSING, str(first))
        except AwsError:
            commands, ours = (), None
        return Finding(
            state=State.BY_HAND,
            item=self.name,
            sentence=f"{sentence} Who may runs:" if commands else sentence,
            commands=commands,
            addition=json.dumps(ours) if ours else "",
        )

    def _finding(self, state: State, sentence: str) -> Finding:
        return Finding(state=state, item=self.name, sentence=sentence)


def or_else(call: Callable[[], Answer], otherwise: Answer, *codes: str) -> Answer:
    """Return what the store answers, or `otherwise` when it says by one of these codes that there is none."""
    try:
        return call()
    except AwsError as error:
        if code_of(error) in codes:
            return otherwise
        raise
