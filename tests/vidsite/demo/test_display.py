"""What the demo shows."""

import io

from rich.console import Console

from vidsite.demo.display import Bars, Lines, display_on
from vidsite.demo.state import RenditionState, VideoState


def state_at(percent: int, stage: str = "ENCODING") -> VideoState:
    renditions = {"720p": RenditionState("720p", "video", percent, "ENCODING")}
    return VideoState(status="RUNNING", stage=stage, eta=9, renditions=renditions)


def test_a_terminal_gets_a_bar_for_every_quality() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    display = display_on(console)
    assert isinstance(display, Bars)
    with display:
        display.update(state_at(40))
    shown = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO from above
    assert "720p" in shown
    assert "40 %" in shown
    assert "about 9 s left" in shown


def test_elsewhere_there_is_a_line_for_every_tenth_and_every_stage() -> None:
    output = io.StringIO()
    display = display_on(Console(file=output, width=100))
    assert isinstance(display, Lines)
    with display:
        for percent in range(0, 30, 3):
            display.update(state_at(percent))
        display.update(state_at(27, stage="FINISHING"))
    lines = output.getvalue().splitlines()
    assert [line.split(": ")[-1] for line in lines[:3]] == ["720p 0 %", "720p 12 %", "720p 21 %"]
    assert lines[3].startswith("running, finishing")
    assert len(lines) == 4
