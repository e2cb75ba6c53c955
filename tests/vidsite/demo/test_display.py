"""What the demo shows."""

import io
import time

from rich.console import Console

from vidsite.demo.display import Bars, Lines, display_on, headline
from vidsite.demo.state import MachineState, RenditionState, VideoState


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


def starting(status: str, seconds: float) -> VideoState:
    machine = MachineState(status=status, asked_for_at=time.monotonic() - seconds)
    return VideoState(status="LAUNCHED", machine=machine)


def test_the_start_of_a_machine_is_said_with_its_age() -> None:
    assert headline(starting("WAITING", 7.5)) == "waiting for a machine, 7 s"
    assert headline(starting("PROVISIONING", 3.5)) == "starting a machine: provisioning, 3 s"


def test_there_is_a_line_for_every_state_of_a_machine_and_none_for_its_age() -> None:
    output = io.StringIO()
    with display_on(Console(file=output, width=100)) as display:
        for status, seconds in (("PROVISIONING", 0.5), ("PROVISIONING", 2.5), ("PENDING", 3.5), ("RUNNING", 4.5)):
            display.update(starting(status, seconds))
    assert output.getvalue().splitlines() == [
        "starting a machine: provisioning, 0 s",
        "starting a machine: pending, 3 s",
        "starting a machine: running, 4 s",
    ]


def test_on_a_terminal_the_age_of_a_machine_counts_on_while_nothing_is_told() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=100)
    with display_on(console) as display:
        display.update(starting("PENDING", 3.9))
        deadline = time.monotonic() + 30
        while "pending, 5 s" not in console.file.getvalue():  # type: ignore[attr-defined]  # the StringIO from above
            assert time.monotonic() < deadline
            time.sleep(0.05)
