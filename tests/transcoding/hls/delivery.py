"""Transcode a source as the site would, and fetch what a player is given of it."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.test import Client, override_settings

from tests.factories import running, uploaded_video
from tests.transcoding.hls.readers import read_by_m3u8
from tests.transcoding.hls.sources import Source
from tests.transcoding.hls.streams import Stream, read_stream
from tests.transcoding.reporting import post
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import run_worker
from tests.uploads.browsing import fetch
from transcoding.attempts import job_spec
from transcoding.models import Attempt

MULTIVARIANT = "multivariant"
AUDIO = "audio"
SECONDS = 240


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """The playlists of one video by name, all that there were while it grew, and its files, as they came by HTTP."""

    source: Source
    playlists: dict[str, str]
    growing: list[dict[str, str]]
    files: dict[str, list[Path]]
    """The init segment and the segments of each quality."""

    @property
    def multivariant(self) -> Any:
        return read_by_m3u8(self.playlists[MULTIVARIANT])

    def media(self, quality: str) -> Any:
        return read_by_m3u8(self.playlists[quality])

    @cached_property
    def streams(self) -> dict[str, Stream]:
        return {quality: read_stream(files, files[0].parent / "joined.mp4") for quality, files in self.files.items()}

    @property
    def pictures(self) -> dict[str, Stream]:
        return {quality: stream for quality, stream in self.streams.items() if quality != AUDIO}


def deliver(source: Source, *, owner: User, directory: Path) -> Delivery:
    """Run the transcoder with the site's own specification, tell the site its reports, and fetch everything."""
    source.write(directory / "source")
    attempt = running(uploaded_video(owner, content=(directory / "source").read_bytes()))
    player = Client()
    player.force_login(owner)
    with Site().running() as recorder, override_settings(REPORT_URL=f"http://127.0.0.1:{recorder.port}"):
        code, log = run_worker(job_spec(attempt), seconds=SECONDS)
    assert code == 0, log
    growing = []
    for report in recorder.accepted:
        assert post(attempt, **report).status_code == 200
        growing.append(_playlists(player, attempt))
    playlists = growing[-1]
    files = {name: _fetch_files(text, directory / name) for name, text in playlists.items() if name != MULTIVARIANT}
    return Delivery(source=source, playlists=playlists, growing=growing, files=files)


def _playlists(player: Client, attempt: Attempt) -> dict[str, str]:
    """Return the multivariant playlist and every media playlist that it names; none when there is nothing to play."""
    folder = f"/videos/{attempt.job.video_id}/hls"
    answer = player.get(f"{folder}/{MULTIVARIANT}.m3u8")
    if answer.status_code == 404:
        return {}
    text = answer.content.decode()
    playlist = read_by_m3u8(text)
    names = [item.uri for item in [*playlist.playlists, *playlist.media]]
    found = {name.removesuffix(".m3u8"): player.get(f"{folder}/{name}").content.decode() for name in names}
    return {MULTIVARIANT: text, **found}


def _fetch_files(text: str, directory: Path) -> list[Path]:
    directory.mkdir()
    playlist = read_by_m3u8(text)
    uris = [playlist.segments[0].init_section.uri, *(segment.uri for segment in playlist.segments)]
    files = []
    for uri in uris:
        answer = fetch(uri)
        assert answer.status_code == 200, uri
        files.append(directory / uri.partition("?")[0].rpartition("/")[2])
        files[-1].write_bytes(answer.body)
    return files
