"""Every sample file, through the whole site: what a person is told, and what a player is given."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import m3u8
import pytest

from tests.conftest import MEDIA
from tests.e2e.conftest import Site
from tests.e2e.script import Script

pytestmark = [pytest.mark.e2e, pytest.mark.media]

SENTENCES = {
    "media__sample_audio_only.mp4": "source.no-video-stream",
    "moviepy__with-attached-pic.mp3": "source.no-video-stream",
    "g_ffconcat_sibling_file.mp4": "source.unsupported-container",
    "g_text_renamed.mp4": "source.unreadable",
    "g_png_bomb_16000x16000.mov": "source.too-large-picture",
}


def samples() -> Iterator[Any]:
    with (MEDIA / "index.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            yield pytest.param(row, id=row["file"])


@pytest.fixture(scope="module")
def script(site: Site) -> Iterator[Script]:
    with Script(site.url) as person:
        yield person


@pytest.mark.parametrize("row", [s for s in samples() if s.values[0]["expected"] == "transcodes"])
def test_it_plays_with_its_size_duration_and_sound(row: dict[str, str], script: Script) -> None:
    video_id = script.upload(MEDIA / row["file"])
    snapshot = script.wait(video_id)
    assert snapshot["status"] == "COMPLETED", snapshot["error"]
    width, height = map(int, row["display_size"].split("x"))
    best = next(r for r in snapshot["renditions"] if r["kind"] == "video")
    assert abs(best["width"] - width) <= 1
    assert abs(best["height"] - height) <= 1

    address = f"/videos/{video_id}/hls"
    playlist = m3u8.loads(script.http.get(f"{address}/multivariant.m3u8").text)
    assert len(playlist.playlists) == len([r for r in snapshot["renditions"] if r["kind"] == "video"])
    assert bool(playlist.media) == (row["audio"] == "yes")
    for uri in [p.uri for p in playlist.playlists] + [m.uri for m in playlist.media]:
        media = m3u8.loads(script.http.get(f"{address}/{uri}").text)
        assert media.is_endlist
        assert media.playlist_type == "vod"
        total = sum(segment.duration for segment in media.segments)
        assert total == pytest.approx(float(row["seconds"]), abs=0.1), uri
        last = script.http.get(media.segments[-1].uri)
        assert last.status_code == 200
        assert last.headers["content-type"] == "video/iso.segment"


@pytest.mark.parametrize("row", [s for s in samples() if s.values[0]["expected"] == "rejected"])
def test_it_is_refused_with_a_fitting_sentence(row: dict[str, str], script: Script, site: Site) -> None:
    name = Path(row["file"]).with_suffix(".mp4").name  # past the door that looks at the name alone
    video_id = script.upload(MEDIA / row["file"], name=name)
    snapshot = script.wait(video_id, seconds=60)
    assert snapshot["status"] == "FAILED"
    assert snapshot["error"]["code"] == SENTENCES[row["file"]]
    assert snapshot["error"]["message"].endswith(".")
    assert not snapshot["playable"]
    assert not [*(site.var_dir / "store" / "objects" / "renditions").glob(f"{video_id}/**/*.m4s")]
    assert not [*(site.var_dir / "work").glob("transcode-*")]


def test_a_music_file_is_refused_before_its_first_byte(script: Script) -> None:
    answer = script.call("POST", "/api/uploads", {"name": "song.mp3", "size": 10, "type": "audio/mpeg"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "upload.wrong-type"


@pytest.mark.parametrize(
    "name",
    ["-f.mp4", "a%03d.mp4", "x:y.mp4", "new\nline.mp4", "right\u202eto left.mp4", "é" * 125 + ".mp4", "$(id).mp4"],
)
def test_an_odd_name_changes_nothing(name: str, script: Script) -> None:
    snapshot = script.wait(script.upload(MEDIA / "media__sample_video_only.mp4", name=name))
    assert snapshot["status"] == "COMPLETED"
