"""The demo's proof that a video plays back."""

import os
from pathlib import Path

import ffmpeg
import pytest

from vidsite.demo.playback import NotPlayable, decoded_seconds, media_playlist_urls, read_media_playlist

BASE = "http://site/videos/1/hls/multivariant.m3u8"
MULTIVARIANT = """#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="a, b",URI="audio.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f,mp4a.40.2",AUDIO="audio"
720p.m3u8
"""
MEDIA = """#EXTM3U
#EXT-X-MAP:URI="/store/init.mp4?x=1"
#EXTINF:4.0,
/store/1.m4s?x=2
#EXTINF:1.5,
/store/2.m4s?x=3
#EXT-X-ENDLIST
"""


def test_a_multivariant_playlist_leads_to_every_quality() -> None:
    assert media_playlist_urls(MULTIVARIANT, BASE) == {
        "audio": "http://site/videos/1/hls/audio.m3u8",
        "720p": "http://site/videos/1/hls/720p.m3u8",
    }


def test_a_media_playlist_leads_to_every_segment() -> None:
    playlist = read_media_playlist(MEDIA, BASE)
    assert playlist.init == "http://site/store/init.mp4?x=1"
    assert playlist.segments == ["http://site/store/1.m4s?x=2", "http://site/store/2.m4s?x=3"]
    assert playlist.seconds == 5.5


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<html>", "this is no playlist"),
        (MEDIA.replace("#EXT-X-ENDLIST\n", ""), "its playlist has no end"),
        ("#EXTM3U\n#EXT-X-ENDLIST\n", "its playlist lists no segments"),
    ],
)
def test_a_playlist_that_cannot_be_played_says_why(text: str, sentence: str) -> None:
    with pytest.raises(NotPlayable, match=sentence):
        read_media_playlist(text, BASE)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.ts"
    source = ffmpeg.input("testsrc2=size=320x180:rate=25:duration=40", f="lavfi")
    ffmpeg.output(source, str(path), vcodec="libx264", preset="ultrafast").run(quiet=True)
    return path


@pytest.mark.media
def test_a_whole_file_decodes_to_its_length(clip: Path) -> None:
    assert decoded_seconds(clip) == pytest.approx(40, abs=0.05)


@pytest.mark.media
def test_a_closed_standard_input_does_no_harm(clip: Path) -> None:
    # The file then becomes descriptor 0, and ffmpeg would eat bytes of it as if they were typed.
    kept = os.dup(0)
    os.close(0)
    try:
        assert decoded_seconds(clip) == pytest.approx(40, abs=0.05)
    finally:
        os.dup2(kept, 0)
        os.close(kept)


@pytest.mark.media
def test_a_damaged_file_gives_the_decoders_words(clip: Path, tmp_path: Path) -> None:
    content = bytearray(clip.read_bytes())
    for place in range(len(content) // 2, len(content), 40):
        content[place] ^= 0xFF
    damaged = tmp_path / "damaged.ts"
    damaged.write_bytes(content)
    with pytest.raises(NotPlayable, match="the decoder"):
        decoded_seconds(damaged)
