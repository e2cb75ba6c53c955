"""What a player is given of a job, while it runs and afterwards."""

import gzip
from datetime import UTC, datetime, timedelta

import m3u8
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from tests.factories import first_report, report_of, running, segments, uploaded_video
from transcoding import playback
from transcoding.models import Attempt
from transcoding.queries import job_to_play
from transcoding.reports import report_record
from transcoding.services import job_cancel

pytestmark = pytest.mark.usefixtures("redis")

QUALITIES = ["720p", "240p", "audio"]


@pytest.fixture
def attempt(alice: User) -> Attempt:
    """An attempt that has said which renditions there will be."""
    attempt = running(uploaded_video(alice))
    report_record(job_id=attempt.job_id, attempt_number=1, report=first_report(attempt))
    return attempt


def tell(attempt: Attempt, *renditions: dict[str, object], **facts: object) -> None:
    report = report_of(attempt, renditions=renditions, **facts)
    assert report_record(job_id=attempt.job_id, attempt_number=1, report=report) == "continue"


def text_of(attempt: Attempt, quality: str) -> str:
    packed = playback.media_playlist(attempt.job, quality)
    return gzip.decompress(packed).decode() if packed else ""


def sized(quality: str, *sizes: int, seconds: float = 4.0, **facts: object) -> dict[str, object]:
    parts = [{"n": n, "duration": seconds, "bytes": size} for n, size in enumerate(sizes)]
    return {"quality": quality, "segments": parts, **facts}


def test_nothing_is_playable_before_the_first_segments(attempt: Attempt) -> None:
    assert job_to_play(attempt.job.video) is None


def test_a_video_is_playable_with_its_sound_and_one_picture(attempt: Attempt) -> None:
    tell(attempt, segments("240p", range(3)))
    without_audio = job_to_play(attempt.job.video)
    tell(attempt, segments("audio", range(1)))

    assert without_audio is None
    assert job_to_play(attempt.job.video) == attempt.job


def test_sound_alone_makes_nothing_playable(attempt: Attempt) -> None:
    tell(attempt, segments("audio", range(3)))

    assert job_to_play(attempt.job.video) is None


def test_a_quality_that_is_far_behind_is_not_offered_until_it_has_caught_up(attempt: Attempt) -> None:
    tell(attempt, segments("240p", range(12)), segments("720p", range(4)), segments("audio", range(12)))
    early = playback.multivariant_playlist(attempt.job)
    tell(attempt, segments("720p", range(4, 5)))

    assert ("240p.m3u8" in early, "720p.m3u8" in early) == (True, False)
    assert "720p.m3u8" in playback.multivariant_playlist(attempt.job)


def test_a_second_segment_without_the_first_makes_nothing_playable(attempt: Attempt) -> None:
    tell(attempt, *(segments(quality, range(1, 3)) for quality in QUALITIES))

    assert job_to_play(attempt.job.video) is None


def test_a_cancelled_job_is_not_playable(attempt: Attempt) -> None:
    tell(attempt, *(segments(quality, range(2)) for quality in QUALITIES))
    job_cancel(job_id=attempt.job_id, by="alice")

    assert job_to_play(attempt.job.video) is None


def test_the_multivariant_playlist_tells_what_the_segments_measure(attempt: Attempt) -> None:
    tell(
        attempt, sized("720p", 1_000_000, 500_000), sized("240p", 100_000, 100_000), sized("audio", 64_000, 64_000)
    )  # fmt: skip
    parsed = m3u8.loads(playback.multivariant_playlist(attempt.job))

    best, least = (playlist.stream_info for playlist in parsed.playlists)
    assert (best.bandwidth, best.average_bandwidth) == (2_128_000, 1_628_000)
    assert (least.bandwidth, least.average_bandwidth) == (328_000, 328_000)
    assert (best.codecs, best.resolution, best.frame_rate) == ("avc1.64001f,mp4a.40.2", (1280, 720), 30.0)
    assert [playlist.uri for playlist in parsed.playlists] == ["720p.m3u8", "240p.m3u8"]


def test_a_last_sliver_is_no_burst(attempt: Attempt) -> None:
    tell(attempt, sized("720p", 400_000, 400_000))
    tell(attempt, {"quality": "720p", "segments": [{"n": 2, "duration": 0.1, "bytes": 100_000}]})
    (playlist,) = m3u8.loads(playback.multivariant_playlist(attempt.job)).playlists

    assert playlist.stream_info.bandwidth == round(500_000 * 8 / 4.1)


def test_a_rendition_without_its_first_segment_is_not_offered(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(2)), segments("240p", range(1, 3)))
    parsed = m3u8.loads(playback.multivariant_playlist(attempt.job))

    assert [playlist.uri for playlist in parsed.playlists] == ["720p.m3u8"]


def test_a_media_playlist_grows_while_encoding(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(2)))
    parsed = m3u8.loads(text_of(attempt, "720p"))

    assert parsed.playlist_type == "event"
    assert not parsed.is_endlist
    assert len(parsed.segments) == 2


def test_the_media_playlists_end_together_when_every_rendition_is_ready(attempt: Attempt) -> None:
    tell(attempt, *(segments(quality, range(2), status="READY") for quality in QUALITIES[:2]))
    early = m3u8.loads(text_of(attempt, "720p"))
    tell(attempt, segments("audio", range(2), status="READY"))
    parsed = m3u8.loads(text_of(attempt, "720p"))

    assert (early.playlist_type, early.is_endlist) == ("event", False)
    assert (parsed.playlist_type, parsed.is_endlist) == ("vod", True)


def test_a_hundred_watchers_cost_one_reading_of_the_segments(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(3)))
    first = playback.media_playlist(attempt.job, "720p")
    with CaptureQueriesContext(connection) as queries:
        assert playback.media_playlist(attempt.job, "720p") == first
    assert not [query for query in queries if "duration_seconds" in query["sql"]]


def test_a_hole_is_not_shown_nor_what_follows_it(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(2)), segments("240p", range(1)))
    tell(attempt, segments("720p", range(3, 6)))
    parsed = m3u8.loads(text_of(attempt, "720p"))

    assert [segment.uri.split("?")[0][-13:] for segment in parsed.segments] == ["seg_00000.m4s", "seg_00001.m4s"]


def test_what_filled_the_hole_is_shown(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(2)))
    tell(attempt, segments("720p", range(3, 6)))
    tell(attempt, segments("720p", range(2, 3)))

    assert len(m3u8.loads(text_of(attempt, "720p")).segments) == 6


def test_there_is_no_playlist_without_the_first_segment(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(1, 4)))

    assert playback.media_playlist(attempt.job, "720p") is None


@pytest.mark.parametrize("quality", ["720p", "4320p"])
def test_there_is_no_playlist_of_what_is_not_there(attempt: Attempt, quality: str) -> None:
    assert playback.media_playlist(attempt.job, quality) is None


def test_segments_lie_under_the_job_that_made_them(attempt: Attempt) -> None:
    tell(attempt, segments("720p", range(1)))
    parsed = m3u8.loads(text_of(attempt, "720p"))

    prefix = f"/store/renditions/{attempt.job.video_id}/{attempt.job_id}/720p"
    assert parsed.segments[0].uri.startswith(f"{prefix}/seg_00000.m4s?")
    assert parsed.segments[0].init_section.uri.startswith(f"{prefix}/init.mp4?")


def test_addresses_are_the_same_for_a_whole_window(settings: Settings) -> None:
    settings.PLAYBACK_URL_SECONDS = 3600
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)

    windows = {playback.url_window(start + timedelta(minutes=minute)) for minute in (0, 1, 30, 59)}

    assert windows == {(start, start + timedelta(hours=2))}


def test_an_address_is_good_for_a_window_at_least(settings: Settings) -> None:
    settings.PLAYBACK_URL_SECONDS = 3600
    just_before = datetime(2026, 3, 1, 12, 59, 59, tzinfo=UTC)

    _, expires_at = playback.url_window(just_before)

    assert expires_at - just_before >= timedelta(hours=1)


def test_there_is_no_poster_before_it_was_made(attempt: Attempt) -> None:
    assert playback.poster_url(attempt.job) is None
    assert playback.storyboard_vtt(attempt.job) is None


def test_poster_and_storyboard_lie_beside_the_renditions(attempt: Attempt) -> None:
    board = {"tileWidth": 160, "tileHeight": 90, "columns": 5, "rows": 1, "count": 2, "intervalSeconds": 4}
    tell(attempt, poster={"width": 1280, "height": 720}, storyboard=board)
    attempt.job.refresh_from_db()

    assert f"/{attempt.job_id}/poster.jpg?" in (playback.poster_url(attempt.job) or "")
    assert (playback.storyboard_vtt(attempt.job) or "").count("storyboard.jpg?") == 2


@pytest.mark.parametrize("visibility", ["public", "unlisted", "private"])
def test_only_public_videos_are_played_from_the_cdn(attempt: Attempt, settings: Settings, visibility: str) -> None:
    settings.CDN_URL = "https://cdn.example.org"
    attempt.job.video.visibility = visibility
    tell(attempt, *(segments(quality, range(1)) for quality in QUALITIES), poster={"width": 1280, "height": 720})
    attempt.job.refresh_from_db(fields=["poster"])

    playlist = text_of(attempt, "720p")
    uris = [m3u8.loads(playlist).segments[0].uri, playback.poster_url(attempt.job) or ""]

    names = [f"{attempt.job.output_prefix}{name}" for name in ("720p/seg_00000.m4s", "poster.jpg")]
    if visibility == "public":
        assert uris == [f"https://cdn.example.org/{name}" for name in names]
    else:
        assert [uri.partition("?")[0] for uri in uris] == [f"/store/{name}" for name in names]
