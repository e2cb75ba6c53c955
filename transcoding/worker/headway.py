"""How far the encode is, in one honest number and in one for each quality."""

import time
from collections.abc import Mapping, Sequence

from transcoding.worker.ladder import Rung

MEMORY_SECONDS = 10.0


class Headway:
    """Counts the frames of each rung. All of them together are weighed by their pixels, as the work is."""

    def __init__(self, rungs: Sequence[Rung], *, frames: int, seconds: float) -> None:
        self._weights = {rung.quality: rung.width * rung.height for rung in rungs}
        self._own = dict.fromkeys(self._weights, 0)
        self._others: Mapping[str, int] = {}
        self._current = dict.fromkeys(self._weights, 0)
        self._frames = frames
        self._seconds = seconds
        self._at: float | None = None
        self._measured_seconds = 0.0
        self.speed: float | None = None
        """Seconds of the whole video a second, over the last while; None before every rung has begun."""

    @property
    def encoded_seconds(self) -> float:
        """How much is done, as a stretch of the whole video in every rung."""
        done = sum(self._done(quality) * weight for quality, weight in self._weights.items())
        return self._seconds * done / (self._frames * sum(self._weights.values()))

    def percent(self, quality: str) -> int:
        """Return how much of a quality is done, from 0 to 100."""
        return 100 * self._done(quality) // self._frames

    def go_on_from(self, frames: Mapping[str, int]) -> None:
        """Learn how many frames of each quality others have made."""
        self._others = frames
        self._at = None

    def reach(self, rungs: Sequence[Rung], frames: int) -> None:
        """Say that so many frames of the chunk at hand are encoded."""
        for rung in rungs:
            self._current[rung.quality] = max(self._current[rung.quality], frames)
        self._measure()

    def finish_chunk(self) -> None:
        """Say that the chunk at hand is done."""
        for quality, frames in self._current.items():
            self._own[quality] += frames
            self._current[quality] = 0

    def _done(self, quality: str) -> int:
        done = self._own[quality] + self._others.get(quality, 0) + self._current[quality]
        return min(done, self._frames)

    def _measure(self) -> None:
        now, encoded_seconds = time.monotonic(), self.encoded_seconds
        if self._at is None or not all(self._done(quality) for quality in self._weights):
            # Neither a head start of the lowest rung nor what others made says how fast all will be.
            self._at, self._measured_seconds = now, encoded_seconds
            return
        passed = now - self._at
        if encoded_seconds <= self._measured_seconds or passed <= 0:
            return
        current = (encoded_seconds - self._measured_seconds) / passed
        share = min(1.0, passed / MEMORY_SECONDS)
        self.speed = current if self.speed is None else self.speed + share * (current - self.speed)
        self._at, self._measured_seconds = now, encoded_seconds
