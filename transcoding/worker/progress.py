"""Read what ffmpeg writes for `-progress`: key=value lines, a block of them twice a second."""

from collections.abc import Callable
from dataclasses import dataclass, field

from transcoding.worker.usage import Usage

LONGEST_LINE_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far ffmpeg is: seconds of output and frames; and what the attempt has used so far."""

    encoded_seconds: float = 0.0
    frame: int = 0
    used: Usage = field(default_factory=Usage)


class ProgressParser:
    """Feed it bytes as they come; `on_change` is called when time or frames moved on."""

    def __init__(self, *, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._rest = b""
        self._microseconds = 0
        self._frame = 0

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE_BYTES:]
        for line in lines:
            key, _, value = line.partition(b"=")
            self._take(key.strip(), value.strip())

    def current(self, *, used: Usage) -> Progress:
        return Progress(encoded_seconds=self._microseconds / 1_000_000, frame=self._frame, used=used)

    def _take(self, key: bytes, value: bytes) -> None:
        try:
            number = int(value)
        except ValueError:  # N/A until the first packet, and every key that is no number
            return
        if key == b"out_time_us" and number > self._microseconds:
            self._microseconds = number
            self._on_change()
        elif key == b"frame" and number > self._frame:
            self._frame = number
            self._on_change()
