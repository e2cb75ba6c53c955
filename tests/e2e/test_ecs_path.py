"""The whole path with tasks that really run: presigned upload, event, RunTask, command of the container, reports."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Site
from tests.e2e.script import LIVE, Script
from tests.local_ecs import EcsSite, site_on_local_ecs, wait_until
from vidsite.demo.playback import decoded_seconds, media_playlist_urls, read_media_playlist

pytestmark = pytest.mark.e2e
# So that each state lasts until its event has arrived.
SLOWLY = ("--provisioning-seconds", "2", "--pending-seconds", "2")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EcsSite]:
    """A site, and the ECS it starts its transcoders with."""
    with site_on_local_ecs(tmp_path_factory.mktemp("ecs"), *SLOWLY) as running:
        yield running


@pytest.fixture(scope="module")
def site(place: EcsSite) -> Site:
    """The same site, for the fixtures that need no more."""
    return place.site


def machine_states(script: Script, video_id: str) -> list[str]:
    """Wait for the end, and return the states of the machine that were to be seen on the way."""
    seen: list[str] = []

    def look(snapshot: dict[str, Any]) -> bool:
        machine = snapshot["machine"]
        if machine and machine["status"] not in seen[-1:]:
            seen.append(machine["status"])
        return snapshot["status"] not in LIVE

    assert script.wait(video_id, until=look)["status"] == "COMPLETED"
    return seen


def play(script: Script, video_id: str, folder: Path) -> dict[str, float]:
    """Fetch every segment of every quality, decode them, and return how long each plays."""
    address = f"/videos/{video_id}/hls/multivariant.m3u8"
    playlists = media_playlist_urls(script.http.get(address).text, str(script.http.base_url.join(address)))
    lengths = {}
    for quality, url in playlists.items():
        playlist = read_media_playlist(script.http.get(url).text, url)
        whole = folder / f"{quality}.mp4"
        parts = [script.store.get(part).raise_for_status().content for part in (playlist.init, *playlist.segments)]
        whole.write_bytes(b"".join(parts))
        lengths[quality] = decoded_seconds(whole)
    return lengths


def test_an_upload_becomes_a_task_and_the_task_a_video_that_plays(
    place: EcsSite, script: Script, short_clip: Path, tmp_path: Path
) -> None:
    video_id = script.upload(short_clip)
    # Before, it may be seen waiting to be asked for; after, the transcoder may begin before the event says RUNNING.
    seen = [state for state in machine_states(script, video_id) if state not in {"WAITING", "RUNNING"}]
    assert seen == ["PROVISIONING", "PENDING"]
    assert place.attempts(video_id) == [("SUCCEEDED", "ecs", "finished")]
    lengths = play(script, video_id, tmp_path)
    assert set(lengths) == {"360p", "240p", "audio"}
    assert all(length == pytest.approx(9, abs=0.2) for length in lengths.values())


def test_the_job_tells_in_order_what_became_of_its_task(place: EcsSite, script: Script, short_clip: Path) -> None:
    video_id = script.upload(short_clip)
    assert script.wait(video_id)["status"] == "COMPLETED"
    told = place.timeline(video_id)
    (begin,) = [number for number, reason in enumerate(told) if reason.startswith("ECS starts task ")]
    task = told[begin].removeprefix("ECS starts task ")
    states = [reason.removeprefix(f"ECS task {task} is ") for reason in told[begin + 1 :] if task in reason]
    assert states == ["PROVISIONING", "PENDING", "RUNNING"]
    assert told[-1] == "attempt 1 finished"


def test_the_task_knows_nothing_of_the_site_but_where_to_ask(place: EcsSite, script: Script, long_clip: Path) -> None:
    video_id = script.upload(long_clip)
    wait_until(place.tasks, what="the task runs")
    (task,) = place.tasks()
    variables = Path(f"/proc/{task}/environ").read_text().split("\0")[:-1]
    names = {variable.split("=")[0] for variable in variables}
    assert {name for name in names if name.startswith("VIDSITE")} == {
        "VIDSITE_START_URL", "VIDSITE_TOKEN", "VIDSITE_JOB_ID", "VIDSITE_ATTEMPT", "VIDSITE_WORK_DIR",
    }  # fmt: skip
    assert not names & {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "VAR_DIR", "PORT"}
    assert not [name for name in names if name.startswith(("AWS_", "ECS_", "S3_"))]
    assert script.call("DELETE", f"/api/videos/{video_id}").status_code == 204
    wait_until(lambda: not place.tasks() and not place.ffmpegs(), what="the task of a deleted video has stopped")


def test_nothing_is_left_of_a_task_that_is_done(place: EcsSite, script: Script, short_clip: Path) -> None:
    assert script.wait(script.upload(short_clip))["status"] == "COMPLETED"
    scratch = place.ecs.log_file.parent / "scratch"
    wait_until(lambda: not place.tasks() and not [*scratch.iterdir()], what="task and folder are gone")
