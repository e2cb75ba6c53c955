"""How long streams really are, from the times of their packets. Pure."""

import math
from dataclasses import dataclass

LONGEST_LINE_BYTES = 4096
DISCARDED = b"D"  # decoded, but cut away by an edit list


@dataclass(slots=True, kw_only=True)
class Extent:
    """Seconds in the file's own time; `packets` counts those of the chosen video stream that have one."""

    packets: int = 0
    video_start: float = 0.0
    video_end: float = 0.0
    file_end: float = 0.0


class ExtentReader:
    """Feed it the lines "stream_index=0|pts_time=0.04|duration_time=0.04" as bytes come; memory is bounded."""

    def __init__(self, video_index: int) -> None:
        self._video_index = str(video_index).encode()
        self._rest = b""
        self.extent = Extent()

    def feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LONGEST_LINE_BYTES:]
        for line in lines:
            self._take(dict(part.partition(b"=")[::2] for part in line.strip().split(b"|")))

    def _take(self, packet: dict[bytes, bytes]) -> None:
        start = _number(packet.get(b"pts_time"))
        if start is None:  # AVI stores no presentation times
            start = _number(packet.get(b"dts_time"))
        if start is None or DISCARDED in packet.get(b"flags", b""):
            return
        end = start + (_number(packet.get(b"duration_time")) or 0.0)
        extent = self.extent
        extent.file_end = max(extent.file_end, end)
        if packet.get(b"stream_index") != self._video_index:
            return
        extent.video_start = min(extent.video_start, start) if extent.packets else start
        extent.video_end = max(extent.video_end, end) if extent.packets else end
        extent.packets += 1


def _number(value: bytes | None) -> float | None:
    try:
        number = float(value or b"")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
