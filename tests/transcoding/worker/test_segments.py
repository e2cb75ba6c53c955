"""Following a playlist that is still being written."""

from pathlib import Path

import pytest

from transcoding.worker.segments import PlaylistFollower, number_of, parse_playlist, write_playlist

HEAD = '#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="init.mp4"\n'


def test_it_reads_durations_and_names() -> None:
    text = HEAD + "#EXTINF:4.004000,\nseg_00000.m4s\n#EXTINF:1.5,\n720p/seg_00001.m4s\n#EXT-X-ENDLIST\n"
    assert parse_playlist(text) == [(4.004, "seg_00000.m4s"), (1.5, "seg_00001.m4s")]


def test_it_tells_each_segment_once(tmp_path: Path) -> None:
    follower = PlaylistFollower(tmp_path)
    assert follower.finished() == []
    playlist = tmp_path / "index.m3u8"
    playlist.write_text(HEAD + "#EXTINF:4,\nseg_00000.m4s\n")
    assert [segment.name for segment in follower.finished()] == ["seg_00000.m4s"]
    assert follower.finished() == []
    playlist.write_text(HEAD + "#EXTINF:4,\nseg_00000.m4s\n#EXTINF:2,\nseg_00001.m4s\n")
    assert [(segment.n, segment.duration) for segment in follower.finished()] == [(1, 2.0)]


def test_it_is_complete_only_with_the_end_of_the_list(tmp_path: Path) -> None:
    follower = PlaylistFollower(tmp_path)
    (tmp_path / "index.m3u8").write_text(HEAD)
    follower.finished()
    assert not follower.is_complete
    (tmp_path / "index.m3u8").write_text(HEAD + "#EXT-X-ENDLIST\n")
    follower.finished()
    assert follower.is_complete


def test_a_playlist_emptied_by_a_full_disk_is_not_complete(tmp_path: Path) -> None:
    follower = PlaylistFollower(tmp_path)
    (tmp_path / "index.m3u8").write_text("")
    assert follower.finished() == []
    assert not follower.is_complete


def test_a_segment_has_the_number_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "index.m3u8").write_text(HEAD + "#EXTINF:4,\nseg_00012.m4s\n#EXTINF:4,\nseg_00013.m4s\n")
    assert [segment.n for segment in PlaylistFollower(tmp_path).finished()] == [12, 13]


def test_a_file_of_another_name_is_no_segment() -> None:
    with pytest.raises(ValueError, match=r"evil\.m4s"):
        number_of("evil.m4s")


def test_what_was_written_can_be_read(tmp_path: Path) -> None:
    write_playlist(tmp_path, ["seg_00000.m4s"], seconds=4)
    assert parse_playlist((tmp_path / "index.m3u8").read_text()) == [(4.0, "seg_00000.m4s")]
    follower = PlaylistFollower(tmp_path)
    follower.finished()
    assert follower.is_complete
