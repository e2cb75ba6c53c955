"""HLS playlists and storyboards as text."""

import doctest

import m3u8
import pytest

from transcoding import chunk_planning, playlists, recipes, states
from transcoding.playlists import Entry, Variant, media, multivariant, peak_bit_rate, storyboard


def variant(**facts: object) -> Variant:
    told: dict[str, object] = {
        "uri": "720p.m3u8",
        "bandwidth": 1_200_000,
        "average_bandwidth": 900_000,
        "codecs": ["avc1.64001f", "mp4a.40.2"],
        "width": 1280,
        "height": 720,
        "frame_rate": 29.97,
        "has_audio": True,
    }
    return Variant(**{**told, **facts})  # type: ignore[arg-type]  # a test names only what it is about


def entries(*seconds: float) -> list[Entry]:
    return [Entry(uri=f"seg_{n}.m4s", duration_seconds=duration) for n, duration in enumerate(seconds)]


def test_the_multivariant_playlist_says_all_of_a_variant() -> None:
    parsed = m3u8.loads(multivariant([variant()], audio_uri="audio.m3u8"))

    info = parsed.playlists[0].stream_info
    assert parsed.is_variant
    assert (info.bandwidth, info.average_bandwidth, info.codecs) == (1_200_000, 900_000, "avc1.64001f,mp4a.40.2")
    assert (info.resolution, info.frame_rate, info.audio) == ((1280, 720), 29.97, "audio")


def test_the_audio_has_a_playlist_of_its_own() -> None:
    (audio,) = m3u8.loads(multivariant([variant()], audio_uri="audio.m3u8")).media

    assert (audio.type, audio.group_id, audio.uri, audio.default) == ("AUDIO", "audio", "audio.m3u8", "YES")


def test_a_video_without_sound_names_no_audio() -> None:
    text = multivariant([variant(has_audio=False, codecs=["avc1.64001f"])], audio_uri=None)

    assert "AUDIO" not in text


def test_codecs_that_are_not_known_are_not_named() -> None:
    text = multivariant([variant(codecs=["", "mp4a.40.2"])], audio_uri="audio.m3u8")

    assert "CODECS" not in text


def test_a_playlist_that_grows_is_an_event_without_an_end_that_starts_at_the_beginning() -> None:
    parsed = m3u8.loads(media(entries(4, 4), init_uri="init.mp4", target_seconds=4, ended=False))

    assert parsed.playlist_type == "event"
    assert not parsed.is_endlist
    assert parsed.start.time_offset == 0


def test_a_playlist_that_is_whole_has_an_end() -> None:
    parsed = m3u8.loads(media(entries(4, 4, 1.5), init_uri="init.mp4", target_seconds=4, ended=True))

    assert parsed.playlist_type == "vod"
    assert parsed.is_endlist
    assert [segment.duration for segment in parsed.segments] == [4, 4, 1.5]
    assert parsed.segments[0].init_section.uri == "init.mp4"


def test_a_playlist_that_grew_only_gained_lines() -> None:
    before = media(entries(4), init_uri="init.mp4", target_seconds=4, ended=False)
    after = media(entries(4, 4), init_uri="init.mp4", target_seconds=4, ended=False)

    assert after.startswith(before)


@pytest.mark.parametrize(("longest", "target"), [(4.0, 4), (4.4, 4), (4.6, 5), (1.0, 4), (9.2, 9)])
def test_no_segment_is_longer_than_the_target_when_rounded(longest: float, target: int) -> None:
    text = media(entries(1, longest), init_uri="init.mp4", target_seconds=4, ended=True)

    assert m3u8.loads(text).target_duration == target


@pytest.mark.parametrize(
    ("segments", "peak"),
    [
        ([(500, 4.0), (1000, 4.0), (500, 4.0)], 2000),  # one alone
        ([(500, 4.0), (500, 4.0), (100, 0.1)], 600 * 8 / 4.1),  # a sliver is no burst, but comes with what is before
        ([(10, 4.0), (10, 4.0), (1000, 1.5)], 1010 * 8 / 5.5),  # nor is a second and a half
        ([(500, 4.0), (1000, 2.0)], 4000),  # half a target is long enough
        ([(100, 1.5), (300, 1.5), (100, 1.5)], 400 * 8 / 3),  # short ones are taken together
        ([(100, 0.9), (50, 0.1)], 1200),  # a whole video that is shorter than any run
        ([(9000, 9.0), (5000, 4.5)], 5000 * 8 / 4.5),  # the target grows with the longest
        ([], 0),
    ],
)
def test_the_peak_is_that_of_the_densest_run_of_about_a_target_duration(
    segments: list[tuple[int, float]], peak: float
) -> None:
    assert peak_bit_rate(segments, target_seconds=4) == pytest.approx(peak)


def test_a_storyboard_names_a_rectangle_for_each_interval() -> None:
    text = storyboard("board.jpg", tile_width=160, tile_height=90, columns=2, count=3, interval_seconds=4)

    assert text.split("\n\n") == [
        "WEBVTT",
        "00:00:00.000 --> 00:00:04.000\nboard.jpg#xywh=0,0,160,90",
        "00:00:04.000 --> 00:00:08.000\nboard.jpg#xywh=160,0,160,90",
        "00:00:08.000 --> 00:00:12.000\nboard.jpg#xywh=0,90,160,90\n",
    ]


@pytest.mark.parametrize("module", [playlists, states, recipes, chunk_planning], ids=lambda module: module.__name__)
def test_the_examples_in_the_docstrings_hold(module: object) -> None:
    found = doctest.testmod(module)  # type: ignore[arg-type]  # parametrize hands it over as an object

    assert found.attempted > 0
    assert found.failed == 0
