"""Tasks of ECS are stopped, killed and frozen in the middle of their work; the job goes on by itself."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Site, make_clip, script
from tests.e2e.script import Script
from tests.faults.test_killed_worker import begin
from tests.local_ecs import EcsSite, site_on_local_ecs, wait_until
from tests.real_s3.sites import manage

__all__ = ["script"]  # a fixture

pytestmark = pytest.mark.e2e
# Long enough for a task that is frozen to be thawed before it is killed.
PATIENTLY = ("--stop-timeout", "120")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsSite]:
    """A site whose leases end soon, and the ECS it starts its transcoders with."""
    with site_on_local_ecs(tmp_path_factory.mktemp("ecs"), *PATIENTLY, JOB_LEASE_SECONDS="8") as running:
        yield running


@pytest.fixture(scope="module")
def site(place: EcsSite) -> Site:
    """The same site, for the fixtures that need no more."""
    return place.site


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to be in the middle of it, and small enough to be done twice."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=60, size="640x360")


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Still being encoded when a command of `manage.py` has started."""
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=200, size="640x360")


def the_task(place: EcsSite) -> tuple[int, list[int]]:
    """Return the transcoder that runs, and its ffmpegs."""
    (task,) = place.tasks()
    found: list[int] = []

    def runs() -> bool:  # between two chunks there is none for a moment
        found[:] = place.ffmpegs()
        return bool(found)

    wait_until(runs, what="an ffmpeg runs", seconds=10)
    return task, found


def goes_on(place: EcsSite, script: Script, video_id: str) -> None:
    """Wait until a second attempt has the job, and see that nothing that was shown is taken back."""
    before = percents(script, video_id)
    wait_until(
        lambda: [a[0] for a in place.attempts(video_id)][1:] in (["RUNNING"], ["SUCCEEDED"]),
        what="another has it",
        seconds=120,
    )
    after = percents(script, video_id)
    assert all(after[quality] >= percent for quality, percent in before.items())


def percents(script: Script, video_id: str) -> dict[str, int]:
    return {each["quality"]: each["progress"] for each in script.video(video_id)["snapshot"]["renditions"]}


def completes_once(place: EcsSite, script: Script, video_id: str) -> None:
    """Wait for the end, which comes by the second attempt and once."""
    snapshot = script.wait(video_id, seconds=240)
    assert snapshot["status"] == "COMPLETED"
    assert {r["status"] for r in snapshot["renditions"]} == {"READY"}
    assert [status for status, _, _ in place.attempts(video_id)][1:] == ["SUCCEEDED"]
    assert [reason for reason in place.timeline(video_id) if reason.endswith("finished")] == ["attempt 2 finished"]
    wait_until(lambda: not place.tasks() and not place.ffmpegs(), what="nothing is left")


def test_a_task_that_is_killed_is_followed_by_another(place: EcsSite, script: Script, clip: Path) -> None:
    video_id = begin(script, clip)
    task, ffmpegs = the_task(place)
    os.kill(task, signal.SIGKILL)
    wait_until(lambda: not {*ffmpegs} & {*place.ffmpegs()}, what="its ffmpeg died with it", seconds=10)
    goes_on(place, script, video_id)
    status, _, reason = place.attempts(video_id)[0]
    assert (status, reason.split(":")[0]) == ("LOST", "platform.worker-lost")
    assert "exit status 137" in reason
    completes_once(place, script, video_id)


def test_a_task_whose_ffmpeg_is_killed_says_so_and_is_followed_by_another(
    place: EcsSite, script: Script, clip: Path
) -> None:
    video_id = begin(script, clip)
    _, ffmpegs = the_task(place)
    for ffmpeg in ffmpegs:
        os.kill(ffmpeg, signal.SIGKILL)
    goes_on(place, script, video_id)
    status, _, reason = place.attempts(video_id)[0]
    assert (status, reason.split(":")[0]) == ("FAILED", "platform.ffmpeg-killed")
    completes_once(place, script, video_id)


def test_a_task_that_is_told_to_end_stops_and_is_followed_by_another(
    place: EcsSite, script: Script, clip: Path
) -> None:
    video_id = begin(script, clip)
    task, ffmpegs = the_task(place)
    os.kill(task, signal.SIGTERM)
    wait_until(lambda: not {task, *ffmpegs} & {*place.tasks(), *place.ffmpegs()}, what="it stopped", seconds=10)
    _, _, reason = place.attempts(video_id)[0]
    assert reason.split(":")[0] == "platform.interrupted"
    goes_on(place, script, video_id)
    completes_once(place, script, video_id)


def test_a_task_that_was_frozen_for_its_lease_stops_when_it_reports_again(
    place: EcsSite, script: Script, clip: Path
) -> None:
    told = "The site told this attempt to stop: superseded"
    video_id, before = begin(script, clip), place.ecs.log().count(told)
    task, ffmpegs = the_task(place)
    for process in (task, *ffmpegs):
        os.kill(process, signal.SIGSTOP)
    goes_on(place, script, video_id)
    for process in (*ffmpegs, task):  # the task ends its ffmpegs as soon as it wakes
        os.kill(process, signal.SIGCONT)
    wait_until(lambda: not {task, *ffmpegs} & {*place.tasks(), *place.ffmpegs()}, what="it stopped", seconds=30)
    assert place.ecs.log().count(told) == before + 1
    assert place.attempts(video_id)[0][0] == "LOST"
    completes_once(place, script, video_id)


def test_the_task_of_a_job_that_is_cancelled_is_stopped_and_heard_no_more(
    place: EcsSite, script: Script, long_clip: Path
) -> None:
    video_id = begin(script, long_clip)
    task, ffmpegs = the_task(place)
    cancel = "from transcoding import models, services\n"
    cancel += f"services.job_cancel(job_id=models.Job.objects.get(video_id='{video_id}').pk, by='a test')"
    manage(place.site, place.settings, "shell", "-c", cancel)
    wait_until(lambda: place.attempts(video_id)[0][0] == "CANCELLED", what="it is cancelled")
    wait_until(lambda: not {task, *ffmpegs} & {*place.tasks(), *place.ffmpegs()}, what="it stopped", seconds=10)
    assert place.attempts(video_id) == [("CANCELLED", "ecs", "cancelled by a test")]
    assert script.video(video_id)["snapshot"]["status"] == "CANCELLED"
    assert "The site told this attempt to stop: cancelled" in place.ecs.log()
