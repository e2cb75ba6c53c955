"""What a player is given of every source, judged by readers that are not ours (RFC 8216)."""

from itertools import accumulate

import pytest

from tests.transcoding.hls.bit_rates import peak, rate
from tests.transcoding.hls.delivery import AUDIO, MULTIVARIANT, Delivery
from tests.transcoding.hls.readers import read_by_hls_parser, read_by_m3u8
from tests.transcoding.hls.streams import IDR, Stream

pytestmark = [pytest.mark.media, pytest.mark.usefixtures("redis")]

MILLISECOND = 0.001
AAC_FRAME_SECONDS = 1024 / 48000


def audio_of(delivery: Delivery) -> list[Stream]:
    return [stream for quality, stream in delivery.streams.items() if quality == AUDIO]


def target_of(delivery: Delivery, quality: str) -> int:
    return int(delivery.media(quality).target_duration)


def quality_of(uri: str) -> str:
    return uri.removesuffix(".m3u8")


def test_both_readers_find_the_same_in_every_playlist_and_no_fault(delivery: Delivery) -> None:
    for name, text in delivery.playlists.items():
        (found,) = read_by_hls_parser(text)
        assert "error" not in found
        playlist = read_by_m3u8(text)
        if name == MULTIVARIANT:
            assert [variant["uri"] for variant in found["variants"]] == [item.uri for item in playlist.playlists]
            assert [variant["bandwidth"] for variant in found["variants"]] == [
                item.stream_info.bandwidth for item in playlist.playlists
            ]
        else:
            assert found["durations"] == [segment.duration for segment in playlist.segments]
            assert found["uris"] == [segment.uri for segment in playlist.segments]
            assert (found["target"], found["ended"]) == (playlist.target_duration, True)


def test_no_playlist_had_a_fault_while_it_grew(delivery: Delivery) -> None:
    texts = list(dict.fromkeys(text for state in delivery.growing for text in state.values()))
    assert [found["error"] for found in read_by_hls_parser(*texts) if "error" in found] == []
    for text in texts:
        read_by_m3u8(text)


def test_the_target_duration_never_changed_while_a_playlist_grew(delivery: Delivery) -> None:
    for quality in delivery.streams:
        texts = [state[quality] for state in delivery.growing if quality in state]
        assert {read_by_m3u8(text).target_duration for text in texts} == {target_of(delivery, quality)}


def test_no_segment_is_longer_than_the_target(delivery: Delivery) -> None:
    for quality, stream in delivery.streams.items():
        longest = max(part.seconds for part in stream.parts)
        assert int(longest + 0.5) <= target_of(delivery, quality)
        assert max(int(segment.duration + 0.5) for segment in delivery.media(quality).segments) <= target_of(
            delivery, quality
        )


def test_a_segment_lasts_as_long_as_it_says(delivery: Delivery) -> None:
    for quality, stream in delivery.streams.items():
        said = [segment.duration for segment in delivery.media(quality).segments]
        found = [float(part.seconds) for part in stream.parts]
        # The last frame of sound may be cut short by a player, not by the box that holds it.
        assert said == pytest.approx(found, abs=AAC_FRAME_SECONDS if quality == AUDIO else MILLISECOND), quality


def test_the_segments_together_last_as_long_as_the_source(delivery: Delivery) -> None:
    for quality, stream in delivery.streams.items():
        said = sum(segment.duration for segment in delivery.media(quality).segments)
        assert said == pytest.approx(float(stream.seconds), abs=AAC_FRAME_SECONDS)
        assert said == pytest.approx(delivery.source.seconds, abs=0.15)


def test_picture_and_sound_begin_together_at_zero(delivery: Delivery) -> None:
    for stream in delivery.streams.values():
        assert float(stream.parts[0].start) == pytest.approx(0, abs=MILLISECOND)


def test_every_segment_begins_where_those_before_it_end(delivery: Delivery) -> None:
    for quality, stream in delivery.streams.items():
        ends = accumulate((segment.duration for segment in delivery.media(quality).segments), initial=0)
        begins = [float(part.start) for part in stream.parts]
        assert begins == pytest.approx([*ends][:-1], abs=AAC_FRAME_SECONDS if quality == AUDIO else MILLISECOND)


def test_every_playlist_is_whole_and_says_that_segments_stand_alone(delivery: Delivery) -> None:
    for name, text in delivery.playlists.items():
        playlist = read_by_m3u8(text)
        assert playlist.is_independent_segments
        if name != MULTIVARIANT:
            assert (playlist.is_endlist, playlist.playlist_type) == (True, "vod")


def test_every_segment_of_a_picture_begins_with_an_idr_slice(delivery: Delivery) -> None:
    for stream in delivery.pictures.values():
        assert {part.first_slice for part in stream.parts} == {IDR}


def test_the_borders_of_all_pictures_are_the_same_to_the_frame(delivery: Delivery) -> None:
    first, *others = [[float(part.start) for part in stream.parts] for stream in delivery.pictures.values()]
    for other in others:
        assert other == pytest.approx(first, abs=MILLISECOND)
    texts = {
        tuple(accumulate(segment.duration for segment in delivery.media(quality).segments))
        for quality in delivery.pictures
    }
    assert len(texts) == 1


def test_the_sound_is_cut_where_the_picture_is(delivery: Delivery) -> None:
    picture, *_ = delivery.pictures.values()
    frame = 1 / float(picture.frame_rate)
    for sound in audio_of(delivery):
        for heard, seen in zip(sound.parts, picture.parts, strict=False):
            assert abs(float(heard.start - seen.start)) <= AAC_FRAME_SECONDS + frame


def test_the_stated_bandwidth_is_the_measured_peak(delivery: Delivery) -> None:
    sound = sum(peak(stream.parts, target_seconds=target_of(delivery, AUDIO)) for stream in audio_of(delivery))
    for variant in delivery.multivariant.playlists:
        quality = quality_of(variant.uri)
        picture = peak(delivery.streams[quality].parts, target_seconds=target_of(delivery, quality))
        assert variant.stream_info.bandwidth == pytest.approx(picture + sound, rel=0.1), quality


def test_the_stated_average_bandwidth_is_the_measured_one(delivery: Delivery) -> None:
    sound = sum(rate(stream.parts) for stream in audio_of(delivery))
    for variant in delivery.multivariant.playlists:
        found = rate(delivery.streams[quality_of(variant.uri)].parts) + sound
        assert variant.stream_info.average_bandwidth == pytest.approx(found, rel=0.1)
        assert variant.stream_info.average_bandwidth <= variant.stream_info.bandwidth


def test_the_codecs_are_those_in_the_streams(delivery: Delivery) -> None:
    for variant in delivery.multivariant.playlists:
        found = [delivery.streams[quality_of(variant.uri)].codec, *(stream.codec for stream in audio_of(delivery))]
        assert variant.stream_info.codecs.split(",") == found


def test_the_resolution_is_that_of_the_picture(delivery: Delivery) -> None:
    for variant in delivery.multivariant.playlists:
        facts = delivery.streams[quality_of(variant.uri)].facts
        assert variant.stream_info.resolution == (facts["width"], facts["height"])


def test_the_frame_rate_is_that_of_the_picture(delivery: Delivery) -> None:
    for variant in delivery.multivariant.playlists:
        found = delivery.streams[quality_of(variant.uri)].frame_rate
        assert variant.stream_info.frame_rate == pytest.approx(float(found), abs=MILLISECOND)


def test_there_is_sound_exactly_when_the_source_has_it(delivery: Delivery) -> None:
    assert (AUDIO in delivery.streams) is delivery.source.has_audio
    groups = {variant.stream_info.audio for variant in delivery.multivariant.playlists}
    assert groups == ({media.group_id for media in delivery.multivariant.media} or {None})


def test_every_quality_is_offered_once_and_best_first(delivery: Delivery) -> None:
    heights = [variant.stream_info.resolution[1] for variant in delivery.multivariant.playlists]
    assert heights == sorted(set(heights), reverse=True)
    assert {quality_of(variant.uri) for variant in delivery.multivariant.playlists} == set(delivery.pictures)
