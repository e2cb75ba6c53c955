"""Watch page, playlists, poster and storyboard answer only to who may see the video."""

import gzip
from uuid import uuid4

import m3u8
import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding.reports import report_record
from uploads.models import Video

pytestmark = pytest.mark.usefixtures("redis")

BOARD = {"tileWidth": 160, "tileHeight": 90, "columns": 5, "rows": 1, "count": 2, "intervalSeconds": 4}
DOORS = {
    "": 200,
    "hls/multivariant.m3u8": 200,
    "hls/720p.m3u8": 200,
    "poster.jpg": 302,
    "storyboard.vtt": 200,
}


@pytest.fixture
def video(alice: User) -> Video:
    """A private video of Alice's of which all that there can be is there."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    first = [segments(quality, range(2)) for quality in ("720p", "240p", "audio")]
    report = report_of(attempt, renditions=first, poster={"width": 1280, "height": 720}, storyboard=BOARD)
    report_record(job_id=attempt.job_id, attempt_number=1, report=report)
    return attempt.job.video


@pytest.mark.parametrize(("door", "status"), DOORS.items())
def test_the_owner_is_let_in(alices: Client, video: Video, door: str, status: int) -> None:
    assert alices.get(f"/videos/{video.pk}/{door}").status_code == status


@pytest.mark.parametrize("door", DOORS)
def test_others_are_answered_as_if_there_were_nothing(client: Client, bobs: Client, video: Video, door: str) -> None:
    for browser in (Client(), bobs):
        assert browser.get(f"/videos/{video.pk}/{door}").status_code == 404
        assert browser.get(f"/videos/{uuid4()}/{door}").status_code == 404


@pytest.mark.parametrize("visibility", ["unlisted", "public"])
@pytest.mark.parametrize(("door", "status"), DOORS.items())
def test_a_stranger_with_the_link_is_let_in(
    client: Client, video: Video, door: str, status: int, visibility: str
) -> None:
    Video.objects.update(visibility=visibility)

    assert client.get(f"/videos/{video.pk}/{door}").status_code == status


@pytest.mark.parametrize("door", [door for door in DOORS if door])
def test_nothing_is_played_before_it_is_playable(alices: Client, alice: User, door: str) -> None:
    video = uploaded_video(alice)

    assert alices.get(f"/videos/{video.pk}/{door}").status_code == 404


@pytest.mark.parametrize("door", DOORS)
def test_a_deleted_video_is_gone(alices: Client, video: Video, door: str) -> None:
    alices.delete(f"/api/videos/{video.pk}")

    assert alices.get(f"/videos/{video.pk}/{door}").status_code == 404


@pytest.mark.parametrize("door", DOORS)
def test_nothing_is_posted_here(alices: Client, video: Video, door: str) -> None:
    assert alices.post(f"/videos/{video.pk}/{door}").status_code == 405


def test_a_playlist_that_grows_is_kept_by_no_cache(alices: Client, video: Video) -> None:
    answer = alices.get(f"/videos/{video.pk}/hls/720p.m3u8")

    assert answer["Content-Type"] == "application/vnd.apple.mpegurl"
    assert answer["Cache-Control"] == "private, no-store"


def test_the_variants_are_found_beside_the_multivariant_playlist(alices: Client, video: Video) -> None:
    folder = f"/videos/{video.pk}/hls/"
    parsed = m3u8.loads(alices.get(f"{folder}multivariant.m3u8").content.decode())

    uris = [playlist.uri for playlist in parsed.playlists] + [audio.uri for audio in parsed.media]
    assert len(uris) == 3
    assert [alices.get(folder + uri).status_code for uri in uris] == [200, 200, 200]


@pytest.mark.parametrize("quality", ["4320p", "init", "seg_00000"])
def test_a_quality_that_is_not_there_is_not_found(alices: Client, video: Video, quality: str) -> None:
    assert alices.get(f"/videos/{video.pk}/hls/{quality}.m3u8").status_code == 404


def test_the_poster_is_a_signed_address_of_the_store(alices: Client, video: Video) -> None:
    location = alices.get(f"/videos/{video.pk}/poster.jpg")["Location"]

    assert location.startswith(f"/store/renditions/{video.pk}/")
    assert "signature=" in location


def test_the_storyboard_is_webvtt(alices: Client, video: Video) -> None:
    answer = alices.get(f"/videos/{video.pk}/storyboard.vtt")

    assert answer["Content-Type"] == "text/vtt; charset=utf-8"
    assert answer.content.startswith(b"WEBVTT\n")


def test_a_title_is_shown_as_text(alices: Client, video: Video) -> None:
    Video.objects.update(title="<script>alert(1)</script>")
    page = alices.get(f"/videos/{video.pk}/").content.decode()

    assert "<script>alert(1)</script>" not in page


def test_a_media_playlist_is_packed_for_who_can_unpack_it(alices: Client, video: Video) -> None:
    address = f"/videos/{video.pk}/hls/720p.m3u8"
    plain = alices.get(address)
    packed = alices.get(address, headers={"Accept-Encoding": "gzip, br"})
    assert (packed["Content-Encoding"], packed["Vary"]) == ("gzip", "Accept-Encoding, Cookie")
    assert gzip.decompress(packed.content) == plain.content
    assert "Content-Encoding" not in plain
