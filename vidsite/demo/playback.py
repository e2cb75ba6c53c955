"""Proves that a video plays back: fetches every playlist and segment over HTTP, and decodes them all."""

import asyncio
import re
import tempfile
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import ffmpeg
import httpx

from vidsite.demo.client import SiteClient

TOLERANCE_SECONDS = 0.5
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)')


class NotPlayable(Exception):
    """A quality does not play back; the message says what is wrong."""


@dataclass
class MediaPlaylist:
    """What one media playlist lists."""

    init: str = ""
    segments: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def problems_of_playback(
    site: SiteClient, video_id: str, qualities: list[str], seconds: float, work_dir: Path
) -> list[str]:
    """Play every quality back; give one sentence for each thing that is wrong."""
    url = f"{site.url}/videos/{video_id}/hls/multivariant.m3u8"
    try:
        playlists = media_playlist_urls(await _text(site.http, url), url)
    except (NotPlayable, httpx.HTTPError) as error:
        return [f"The multivariant playlist cannot be read: {error}"]
    problems = [f"{quality} is not in the multivariant playlist." for quality in qualities if quality not in playlists]
    for quality, playlist_url in playlists.items():
        try:
            await _play(site, playlist_url, seconds, work_dir)
        except (NotPlayable, httpx.HTTPError) as error:
            problems.append(f"{quality} does not play back: {error}")
    return problems


def attributes(line: str) -> dict[str, str]:
    """Read a tag's attribute list."""
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(line.partition(":")[2])}


def media_playlist_urls(text: str, base: str) -> dict[str, str]:
    """Read a multivariant playlist: the address of each quality's media playlist."""
    lines = _lines(text)
    found = [attributes(line)["URI"] for line in lines if line.startswith("#EXT-X-MEDIA:") and "URI=" in line]
    for tag, following in pairwise(lines):
        if tag.startswith("#EXT-X-STREAM-INF:"):
            if following.startswith("#"):
                raise NotPlayable("a variant stream has no address")
            found.append(following)
    return {Path(urlsplit(uri).path).stem: urljoin(base, uri) for uri in found}


def read_media_playlist(text: str, base: str) -> MediaPlaylist:
    """Read the media playlist of a finished quality."""
    playlist, lines = MediaPlaylist(), _lines(text)
    if "#EXT-X-ENDLIST" not in lines:
        raise NotPlayable("its playlist has no end")
    for line in lines:
        if line.startswith("#EXT-X-MAP:"):
            playlist.init = urljoin(base, attributes(line)["URI"])
        elif line.startswith("#EXTINF:"):
            playlist.seconds += float(line.removeprefix("#EXTINF:").split(",")[0])
        elif not line.startswith("#"):
            playlist.segments.append(urljoin(base, line))
    if not playlist.init or not playlist.segments:
        raise NotPlayable("its playlist lists no segments")
    return playlist


def _lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or lines[0] != "#EXTM3U":
        raise NotPlayable("this is no playlist")
    return lines


async def _play(site: SiteClient, url: str, seconds: float, work_dir: Path) -> None:
    playlist = read_media_playlist(await _text(site.http, url), url)
    _require_near(playlist.seconds, seconds, "its playlist lasts")
    work_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work_dir) as folder:
        whole = Path(folder) / "whole.mp4"
        with whole.open("wb") as file:
            for segment in (playlist.init, *playlist.segments):
                # Presigned: it must be readable without the session.
                answer = (await site.store.get(segment)).raise_for_status()
                if not answer.content:
                    raise NotPlayable(f"{urlsplit(segment).path} is empty")
                file.write(answer.content)
        _require_near(await asyncio.to_thread(decoded_seconds, whole), seconds, "it decodes to")


def decoded_seconds(path: Path) -> float:
    """Decode a whole file; give the length of what came out, or raise the decoder's complaint."""
    options = ("-nostdin", "-hide_banner", "-v", "error", "-xerror", "-progress", "pipe:1")
    stream = ffmpeg.input(str(path)).output("-", format="null").global_args(*options)
    try:
        report, complaints = stream.run(capture_stdout=True, capture_stderr=True)
    except ffmpeg.Error as error:
        raise NotPlayable(f"the decoder stopped: {error.stderr.decode(errors='replace').strip()}") from error
    if complaints.strip():
        raise NotPlayable(f"the decoder complained: {complaints.decode(errors='replace').strip()}")
    times = re.findall(rb"^out_time_us=(\d+)", report, re.MULTILINE)
    return int(times[-1]) / 1e6 if times else 0.0


def _require_near(actual: float, expected: float, what: str) -> None:
    if abs(actual - expected) > TOLERANCE_SECONDS:
        raise NotPlayable(f"{what} {actual:.2f} s instead of {expected:.2f} s")


async def _text(http: httpx.AsyncClient, url: str) -> str:
    return (await http.get(url)).raise_for_status().text
