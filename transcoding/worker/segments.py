"""Follow a media playlist that ffmpeg is still writing, and write one for ffmpeg to read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from transcoding.worker.commands import INIT, PLAYLIST

DURATION = "#EXTINF:"
END = "#EXT-X-ENDLIST"
NAME = re.compile(r"seg_(\d{5})\.m4s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A finished segment: its number in the whole, its duration in seconds and the file in the work directory."""

    n: int
    duration: float
    path: Path

    @property
    def name(self) -> str:
        return self.path.name


class PlaylistFollower:
    """Tell which segments of one quality were finished since the last time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen = 0
        self._size = -1
        self.is_complete = False

    def finished(self) -> list[Segment]:
        """Return the segments that are new since the last call, in order."""
        playlist = self._directory / PLAYLIST
        try:
            # An EVENT playlist only grows, so an unchanged size means no news; asked five times a second.
            size = playlist.stat().st_size
            if size == self._size:
                return []
            text = playlist.read_text()
        except FileNotFoundError:
            return []
        self._size = size
        self.is_complete = END in text
        segments = [
            Segment(n=number_of(name), duration=duration, path=self._directory / name)
            for duration, name in parse_playlist(text)
        ]
        new = segments[self._seen :]
        self._seen = len(segments)
        return new


def parse_playlist(text: str) -> list[tuple[float, str]]:
    """Return (seconds, file name) of each segment in a media playlist of ffmpeg's."""
    found = []
    duration = 0.0
    for line in text.splitlines():
        if line.startswith(DURATION):
            duration = float(line.removeprefix(DURATION).partition(",")[0])
        elif line and not line.startswith("#"):
            # Only the last part: every file is in the directory of its playlist.
            found.append((duration, line.rpartition("/")[2]))
    return found


def number_of(name: str) -> int:
    """Return the number in the name of a segment's file, as the command line has it written."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ValueError(name)
    return int(match[1])


def segment_name(n: int) -> str:
    """Return the name of a segment's file.

    >>> segment_name(7)
    'seg_00007.m4s'
    """
    return f"seg_{n:05d}.m4s"


def write_playlist(directory: Path, names: Sequence[str], *, seconds: int) -> None:
    """Write the media playlist of segments that lie in one directory with their init segment."""
    lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{seconds}", f'#EXT-X-MAP:URI="{INIT}"']
    for name in names:
        lines += [f"{DURATION}{seconds},", name]
    (directory / PLAYLIST).write_text("\n".join([*lines, END, ""]))
