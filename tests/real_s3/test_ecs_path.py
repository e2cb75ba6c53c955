"""Tasks that really run, with the videos on a real S3 server whose own event starts them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Site, script, short_clip
from tests.e2e.script import Script
from tests.local_ecs import QUICK, EcsSite, local_ecs, new_environment
from tests.real_s3.ceph import Ceph
from tests.real_s3.sites import s3_settings, site_on_s3
from tests.vidsite.demo.test_local_ecs import STATES, run_demo
from vidsite.demo.playback import media_playlist_urls, read_media_playlist

__all__ = ["script", "short_clip"]  # fixtures

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ceph: Ceph) -> Iterator[EcsSite]:
    """A site on S3, and the ECS it starts its transcoders with, which have the rights of a role."""
    folder, environment = tmp_path_factory.mktemp("ecs"), new_environment()
    settings = s3_settings(ceph, LAUNCHER="ecs", **environment)
    (folder / "site").mkdir()
    with site_on_s3(folder / "site", settings) as site:
        role = {name: settings[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        options = (*QUICK, "--role", "--events-url", f"{site.url}/hooks/ecs/")
        with local_ecs(environment | role, folder / "ecs", *options) as ecs:
            yield EcsSite(site=site, settings=settings, ecs=ecs)


@pytest.fixture(scope="module")
def site(place: EcsSite) -> Site:
    """The same site, for the fixtures that need no more."""
    return place.site


def test_the_stores_event_starts_a_task_that_reads_and_writes_the_bucket_by_its_role(
    place: EcsSite, script: Script, short_clip: Path, ceph: Ceph
) -> None:
    video_id = script.send(short_clip)  # and not a word to the site
    assert script.wait(video_id)["status"] == "COMPLETED"
    assert place.attempts(video_id) == [("SUCCEEDED", "ecs", "finished")]
    assert place.timeline(video_id)[0] == "uploaded, as told by the store's event"
    address = f"/videos/{video_id}/hls/multivariant.m3u8"
    for url in media_playlist_urls(script.http.get(address).text, f"{place.site.url}{address}").values():
        playlist = read_media_playlist(script.http.get(url).text, url)
        for part in (playlist.init, *playlist.segments):
            assert part.startswith(ceph.endpoint)
            assert script.store.get(part).raise_for_status().content


def test_the_demo_has_its_machines_here_and_its_videos_in_the_bucket(tmp_path: Path, ceph: Ceph) -> None:
    settings = s3_settings(ceph)
    assert re.search(STATES, run_demo(tmp_path, **settings))
    listed = ceph.s3().list_objects_v2(Bucket=settings["S3_BUCKET"], Prefix="renditions/")["Contents"]
    assert any(found["Key"].endswith("720p/seg_00000.m4s") for found in listed)
    assert not [*(tmp_path / "store").rglob("*.m4s")], "nothing is kept on the disk"
