"""The media playlist of two hours, over HTTP: kept as text, and made anew."""

import gzip
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import httpx

from bench.real_s3.figures import BenchError, spread
from bench.real_s3.films import QUALITY, SEGMENTS, Film, make_films
from transcoding.playback import PLAYLISTS_KEPT

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WARM_REQUESTS = 200
COLD_ROUNDS = 3
COLD_FILMS = PLAYLISTS_KEPT + 8
"""More than are kept: asked for in turn, each has been forgotten when its turn comes again."""
CONTENT = b"a segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The milliseconds that each request took, to the last byte of the answer."""

    warm_ms: list[float]
    cold_ms: list[float]
    size_bytes: int

    def lines(self) -> list[tuple[str, str]]:
        """Say in detail what was measured."""
        return [
            (f"warm playlist, {len(self.warm_ms)} requests", f"{spread(self.warm_ms, 'ms')}, {self.size_bytes} bytes"),
            (f"cold playlist, {len(self.cold_ms)} requests", spread(self.cold_ms, "ms")),
        ]


def measure(session: httpx.Client, s3: "S3Client", bucket: str) -> Served:
    """Ask for one again and again, then for many in turn."""
    again, *in_turn = make_films(1 + COLD_FILMS)
    text = _checked(session, s3, bucket, again)
    with closing(HTTPConnection(session.base_url.netloc.decode())) as connection:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in session.cookies.items())}

        def milliseconds(film: Film) -> float:
            return _milliseconds(connection, headers, film)

        warm_ms = [milliseconds(again) for _ in range(WARM_REQUESTS)]
        cold_ms = [milliseconds(film) for _ in range(COLD_ROUNDS) for film in in_turn]
    return Served(warm_ms=warm_ms, cold_ms=cold_ms, size_bytes=len(text))


def _checked(session: httpx.Client, s3: "S3Client", bucket: str, film: Film) -> str:
    """Return the playlist, of which every segment is there and one has been fetched from the store."""
    text = session.get(_path(film)).raise_for_status().text
    urls = [line for line in text.splitlines() if line.startswith("http")]
    name = f"{film.prefix}seg_{SEGMENTS // 2:05}.m4s"
    s3.put_object(Bucket=bucket, Key=name, Body=CONTENT)
    [url] = [url for url in urls if name in url]
    if httpx.get(url, trust_env=False).raise_for_status().content != CONTENT:
        raise BenchError(f"The store did not serve what is at {url}.")
    if len(set(urls)) != SEGMENTS or "#EXT-X-ENDLIST" not in text:
        raise BenchError(f"The playlist names {len(set(urls))} segments, not {SEGMENTS}.")
    return text


def _path(film: Film) -> str:
    return f"/videos/{film.video_id}/hls/{QUALITY}.m3u8"


def _milliseconds(connection: HTTPConnection, headers: dict[str, str], film: Film) -> float:
    # With as little of a client as there is: its own work would count as the site's.
    began = time.perf_counter()
    connection.request("GET", _path(film), headers={**headers, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    seconds = time.perf_counter() - began
    body = gzip.decompress(body) if answer.getheader("Content-Encoding") == "gzip" else body
    if body.count(b"#EXTINF:") != SEGMENTS or film.prefix.encode() not in body:
        raise BenchError(f"{_path(film)} was answered with {answer.status}: {body[:500]!r}")
    return seconds * 1000
