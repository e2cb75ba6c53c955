"""What the demo knows of a video."""

from typing import Any

from vidsite.demo.state import MachineState, RenditionState, VideoState


def snapshot(**changes: Any) -> dict[str, Any]:
    rendition = {
        "quality": "720p",
        "kind": "video",
        "width": 1280,
        "height": 720,
        "progress": 31,
        "status": "ENCODING",
    }
    return {
        "type": "snapshot",
        "videoId": "1",
        "status": "RUNNING",
        "stage": "ENCODING",
        "position": None,
        "machine": None,
        "eta": 42,
        "speed": 1.8,
        "durationSeconds": 60.0,
        "playable": False,
        "error": None,
        "version": 17,
        "renditions": [rendition],
    } | changes


def test_a_snapshot_is_taken_whole() -> None:
    state = VideoState()
    assert state.apply(snapshot())
    assert (state.status, state.eta, state.version) == ("RUNNING", 42, 17)
    assert state.renditions == {"720p": RenditionState("720p", "video", 31, "ENCODING")}


def test_an_older_message_is_ignored() -> None:
    state = VideoState()
    state.apply(snapshot())
    assert not state.apply(snapshot(version=16, status="QUEUED"))
    assert state.status == "RUNNING"


def test_progress_changes_one_quality() -> None:
    state = VideoState()
    state.apply(snapshot())
    state.apply({"type": "progress", "quality": "720p", "progress": 100, "status": "READY", "version": 18})
    assert state.renditions["720p"] == RenditionState("720p", "video", 100, "READY")


def test_a_status_leaves_the_qualities_alone() -> None:
    state = VideoState()
    state.apply(snapshot())
    state.apply(snapshot(type="status", status="COMPLETED", playable=True, version=18))
    assert state.final
    assert state.playable
    assert state.renditions["720p"].progress == 31


def test_other_messages_are_not_its_business() -> None:
    assert not VideoState().apply({"type": "pong"})


def test_a_machine_that_is_being_started_has_an_age_that_grows() -> None:
    state = VideoState()
    state.apply(snapshot(status="LAUNCHED", machine={"status": "PENDING", "ageSeconds": 30}))
    assert state.machine
    assert state.machine.status == "PENDING"
    assert state.machine.age >= 30
    older = MachineState(status="PENDING", asked_for_at=state.machine.asked_for_at - 10)
    assert older.age >= state.machine.age + 10


def test_a_machine_that_has_begun_its_work_is_no_longer_told_of() -> None:
    state = VideoState()
    state.apply(snapshot(status="LAUNCHED", machine={"status": "PENDING", "ageSeconds": 3}))
    state.apply(snapshot(type="status", machine=None, version=18))
    assert state.machine is None


def test_progress_says_nothing_of_machines() -> None:
    state = VideoState()
    state.apply(snapshot(status="LAUNCHED", machine={"status": "PENDING", "ageSeconds": 3}))
    state.apply({"type": "progress", "quality": "720p", "progress": 1, "status": "ENCODING", "version": 18})
    assert state.machine
