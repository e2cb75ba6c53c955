"""Shows how far a video is: live bars on a terminal, lines elsewhere."""

from typing import Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from vidsite.demo.state import MachineState, VideoState

LINE_PERCENT = 10


class Display(Protocol):
    """What the demo needs of a display."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...
    def sent(self, percent: int) -> None:
        """Show how much of the upload has arrived."""

    def update(self, state: VideoState) -> None:
        """Show the video's state."""


def display_on(console: Console) -> Display:
    """Choose what this console can show."""
    return Bars(console) if console.is_terminal else Lines(console)


def headline(state: VideoState) -> str:
    """Say the state in words."""
    words = [_start(state.machine) if state.machine else state.status.lower()]
    if state.stage:
        words.append(state.stage.lower())
    if state.position is not None:
        words.append(f"number {state.position} in the queue")
    if state.speed:
        words.append(f"{state.speed:.1f} x")
    if state.eta is not None and not state.final:
        words.append(f"about {state.eta} s left")
    if state.playable:
        words.append("playable")
    return ", ".join(words)


def _start(machine: MachineState) -> str:
    if machine.status == "WAITING":
        return f"waiting for a machine, {machine.age} s"
    return f"starting a machine: {machine.status.lower()}, {machine.age} s"


class Bars:
    """One live bar per quality, under a line in words."""

    def __init__(self, console: Console) -> None:
        columns = (
            TextColumn("{task.description:>8}"),
            BarColumn(40),
            TextColumn("{task.percentage:>3.0f} %"),
        )
        self._bars = Progress(*columns, TextColumn("{task.fields[status]}"), console=console)
        self._rows: dict[str, TaskID] = {}
        self._state: VideoState | None = None
        # Asked for at each refresh, as the age of a machine grows while nothing is told.
        self._live = Live(console=console, refresh_per_second=8, get_renderable=self._picture)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._live.stop()

    def sent(self, percent: int) -> None:
        self._row("upload", percent, "" if percent < 100 else "READY")  # noqa: PLR2004 — all of it

    def update(self, state: VideoState) -> None:
        self._state = state
        for rendition in state.renditions.values():
            self._row(rendition.quality, rendition.progress, rendition.status)

    def _picture(self) -> Group:
        return Group(Text(headline(self._state) if self._state else ""), self._bars)

    def _row(self, name: str, percent: int, status: str) -> None:
        if name not in self._rows:
            self._rows[name] = self._bars.add_task(name, total=100, status="")
        self._bars.update(self._rows[name], completed=percent, status=status)


class Lines:
    """A line at each change of stage, and about every ten percent."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, object] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def sent(self, percent: int) -> None:
        if self._new("upload", percent // LINE_PERCENT):
            self._console.print(f"upload {percent} %")

    def update(self, state: VideoState) -> None:
        renditions = state.renditions.values()
        # The slowest one decides: a report's messages come one per quality, and its line says them all.
        tenth = min((one.progress // LINE_PERCENT for one in renditions), default=0)
        machine = state.machine and state.machine.status
        if self._new("video", (state.status, machine, state.stage, state.position, state.playable, tenth)):
            percents = ", ".join(f"{one.quality} {one.progress} %" for one in renditions)
            self._console.print(": ".join(filter(None, (headline(state), percents))))

    def _new(self, key: str, value: object) -> bool:
        """Say whether this was not said before."""
        if self._said.get(key) == value:
            return False
        self._said[key] = value
        return True
