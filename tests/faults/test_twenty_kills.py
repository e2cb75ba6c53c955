"""A transcoder that is killed again and again costs what it had in hand, and nothing that was finished."""

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import Site, run_site, script
from tests.e2e.script import Script
from transcoding.chunk_planning import LONGEST

__all__ = ["script"]  # a fixture

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

KILLS = 20
SECONDS, RATE = 160, 25
QUALITIES = ("360p", "240p")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site whose encoder is slow enough to be killed on its way."""
    yield from run_site(tmp_path_factory.mktemp("kills"), JOB_LEASE_SECONDS="8", X264_PRESET="slow")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "film.mp4"
    picture = f"testsrc2=size=640x360:rate={RATE}:duration={SECONDS},noise=alls=20:allf=t"
    inputs = ["-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=duration={SECONDS}"]
    encoded = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *encoded, path], check=True, timeout=120)
    return path


class Book:
    """What the site's database says of the one job in it."""

    def __init__(self, site: Site) -> None:
        self._path = site.var_dir / "vidsite.sqlite3"

    def ask(self, question: str) -> list[tuple[int, ...]]:
        with sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=20) as database:
            return database.execute(question).fetchall()

    def segments(self) -> int:
        return self.ask("SELECT count(*) FROM transcoding_segment")[0][0]

    def made(self) -> Counter[int]:
        """Return how many segments of the picture each attempt has made."""
        rows = self.ask(
            "SELECT s.attempt_id FROM transcoding_segment s"
            " JOIN transcoding_rendition r ON r.id = s.rendition_id WHERE r.kind = 'video'"
        )
        return Counter(attempt for (attempt,) in rows)

    def claimed(self) -> Counter[int]:
        """Return how many segments of the picture each attempt was given to make."""
        rows = self.ask("SELECT c.attempt_id, c.count * json_array_length(c.qualities) FROM transcoding_chunk c")
        return sum((Counter({attempt: count}) for attempt, count in rows), Counter())


def frames_of(site: Site, quality: str) -> int:
    """Return how many frames a decoder finds in what was published of a quality."""
    (init,) = (site.var_dir / "store").rglob(f"{quality}/init.mp4")
    whole = site.var_dir / f"{quality}.mp4"
    whole.write_bytes(b"".join(part.read_bytes() for part in [init, *sorted(init.parent.glob("seg_*.m4s"))]))
    command = ["ffprobe", "-v", "error", "-count_frames", "-of", "csv=p=0", "-show_entries", "stream=nb_read_frames"]
    counted = subprocess.run([*command, whole], check=True, capture_output=True, text=True, timeout=120)
    return int(counted.stdout.strip().rstrip(","))


def test_twenty_kills_cost_a_chunk_each_at_most(site: Site, script: Script, film: Path) -> None:
    dice, book = random.Random(5), Book(site)
    video_id = script.upload(film)
    killed = 0
    while killed < KILLS:
        before = book.segments()
        script.wait(
            video_id,
            until=lambda s, before=before: s["status"] == "COMPLETED" or book.segments() > before,
            seconds=120,
        )
        time.sleep(dice.uniform(0, 1.5))  # a moment in the middle of whatever it is doing
        if script.video(video_id)["snapshot"]["status"] == "COMPLETED":
            break
        for transcoder in site.processes("transcoding.worker"):
            os.kill(transcoder, signal.SIGKILL)
            killed += 1
    snapshot = script.wait(video_id, seconds=600)

    assert (snapshot["status"], killed) == ("COMPLETED", KILLS)
    assert [frames_of(site, quality) for quality in QUALITIES] == [SECONDS * RATE] * len(QUALITIES)
    made, claimed = book.made(), book.claimed()
    assert len(claimed) > KILLS
    assert max(claimed[attempt] - made[attempt] for attempt in claimed) <= LONGEST * len(QUALITIES)
    assert made.total() == SECONDS // 4 * len(QUALITIES)
