"""When a video came to what."""

import time

from vidsite.demo.state import MachineState, VideoState
from vidsite.demo.timeline import Timeline, in_words, note


def machine(status: str) -> VideoState:
    return VideoState(status="LAUNCHED", machine=MachineState(status=status, asked_for_at=0.0))


def names_of(*states: VideoState) -> list[str]:
    timeline: Timeline = {}
    for state in states:
        note(timeline, state, began=time.monotonic())
    return list(timeline)


def test_a_task_is_seen_to_start_run_and_end() -> None:
    running, playable = VideoState(status="RUNNING"), VideoState(status="RUNNING", playable=True)
    seen = (machine("PROVISIONING"), machine("PENDING"), running, playable)
    expected = ["provisioning", "pending", "running", "playable", "completed"]
    assert names_of(*seen, VideoState(status="COMPLETED", playable=True)) == expected


def test_a_worker_that_is_there_already_only_runs() -> None:
    waiting, running = VideoState(status="LAUNCHED", position=1), VideoState(status="RUNNING")
    assert names_of(VideoState(status="QUEUED"), waiting, running, VideoState(status="FAILED")) == [
        "running",
        "failed",
    ]


def test_what_comes_again_keeps_its_first_time() -> None:
    timeline: Timeline = {}
    note(timeline, machine("PENDING"), began=time.monotonic() - 2)
    note(timeline, machine("PENDING"), began=time.monotonic() - 5)
    assert 2 <= timeline["pending"] < 5


def test_it_is_one_line() -> None:
    assert in_words({"pending": 0.44, "completed": 13.0}) == "pending 0.4 s · completed 13.0 s"
