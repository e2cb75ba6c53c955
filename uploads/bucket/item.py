"""One item of the bucket's set-up: looked at, and put right; each lives in a module of its own."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from uploads.bucket.findings import Finding, State
from uploads.bucket.refusals import Refusal, code_of, no_answer, refusal, wrong_credentials
from uploads.stores.aws import AwsError

Found = TypeVar("Found")
Answer = TypeVar("Answer")


class NotYet(Exception):
    """Something else must be done first; the message is a sentence that says what."""


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
    def commands(self, found: Found | None) -> tuple[str, ...]:
        """Return what somebody with the rights runs instead; without `found`, they must look first."""

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
            return self._finding(State.MADE if wrong else State.OK, self.promise())
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
            case Refusal.FORBIDDEN if found is None:
                sentence = f"These credentials may not look at it ({code_of(error)}). Who may looks, and runs:"
            case Refusal.FORBIDDEN:
                sentence = f"These credentials may not change it ({code_of(error)}). Who may runs:"
            case _:
                return self._finding(State.MISSING, f"It was refused: {error}")
        try:
            return self._finding(State.BY_HAND, sentence, self.commands(found))
        except NotYet as first:
            return self._finding(State.MISSING, str(first))

    def _finding(self, state: State, sentence: str, commands: tuple[str, ...] = ()) -> Finding:
        return Finding(state=state, item=self.name, sentence=sentence, commands=commands)


def or_else(call: Callable[[], Answer], otherwise: Answer, *codes: str) -> Answer:
    """Return what the store answers, or `otherwise` when it says by one of these codes that there is none."""
    try:
        return call()
    except AwsError as error:
        if code_of(error) in codes:
            return otherwise
        raise
