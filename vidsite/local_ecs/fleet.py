"""The tasks of a stand-in, and by which client token each was asked for."""

import time
from threading import RLock

from vidsite.local_ecs.life import Life


class Fleet:
    """Remembers every task from its start on: ECS forgets a stopped one after an hour."""

    def __init__(self) -> None:
        self.asking = RLock()
        """Held from the look for a token to the start of its tasks, so that two calls start no two."""
        self._lives: dict[str, Life] = {}
        self._by_token: dict[str, tuple[str, list[Life]]] = {}

    def find(self, task: str) -> Life | None:
        """Return a task by its ARN or the last part of it."""
        return self._lives.get(task.rpartition("/")[2])

    def started_by_token(self, token: str) -> tuple[str, list[Life]]:
        """Return the request that came with a token, and its tasks; an empty one for a token that is new."""
        return self._by_token.get(token, ("", []))

    def start(self, lives: list[Life], *, token: str, request: str) -> None:
        """Let tasks live."""
        self._by_token[token] = (request, lives)
        for life in lives:
            self._lives[life.name] = life
            life.start()

    def end(self, *, reason: str, seconds: float) -> None:
        """Stop every task as a machine that is taken away does, and wait for so long."""
        deadline = time.monotonic() + seconds
        lives = [*self._lives.values()]
        for life in lives:
            life.stop("TerminationNotice", reason)
        for life in lives:
            life.join(max(0, deadline - time.monotonic()))
