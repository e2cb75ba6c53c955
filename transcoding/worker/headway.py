"""How far the encode is, in one honest number and in one for each quality."""

import time
from collections.abc import Sequence

from transcoding.worker.ladder import Rung

MEMORY_SECONDS = 10.0


class Headway:
    """Counts the frames of each rung. All of them together are weighed by their pixels, as the work is."""

    def __init__(self, rungs: Sequence[Rung], *, frames: int, seconds: float) -> None:
        self._weights = {rung.quality: rung.width * rung.height for rung in rungs}
        self._done = dict.fromkeys(self._weights, 0)
        self._frames = frames
        self._seconds = seconds
        self._at = time.monotonic()
        self._measured_seconds = 0.0
        self.speed: float | None = None
        """Seconds of the whole video a second, over the last while; None before every rung has begun."""

    @property
    def encoded_seconds(self) -> float:
        """How much is done, as a stretch of the whole video in every rung."""
        done = sum(self._done[quality] * weight for quality, weight in self._weights.items())
        return self._seconds * done / (self._frames * sum(self._weights.values()))

    def percent(self, rung: Rung) -> int:
        """Return how much of a rung is done, from 0 to 100."""
        return 100 * self._done[rung.quality] // self._frames

    def reach(self, rungs: Sequence[Rung], frame: int) -> None:
        """Say that these rungs are encoded up to this frame."""
        for rung in rungs:
            self._done[rung.quality] = max(self._done[rung.quality], min(frame, self._frames))
        self._measure()

    def _measure(self) -> None:
        now, encoded_seconds = time.monotonic(), self.encoded_seconds
        if not all(self._done.values()):
            # A head start of the lowest rung says nothing of how fast the others will be.
            self._at, self._measured_seconds = now, encoded_seconds
            return
        passed = now - self._at
        if encoded_seconds <= self._measured_seconds or passed <= 0:
            return
        current = (encoded_seconds - self._measured_seconds) / passed
        share = min(1.0, passed / MEMORY_SECONDS)
        self.speed = current if self.speed is None else self.speed + share * (current - self.speed)
        self._at, self._measured_seconds = now, encoded_seconds
