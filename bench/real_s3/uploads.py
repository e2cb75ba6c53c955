"""A file of 1 GB by the browser's protocol against `aws s3 cp`, in turn, to the same server and bucket."""

import json
import os
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from bench.real_s3.aws_cli import environment
from bench.real_s3.figures import BenchError, spread
from bench.real_s3.processes import MemoryWatch, resident_mb
from bench.real_s3.programs import Run, run
from bench.real_s3.site import Site
from tests.real_s3.ceph import Ceph

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FILE_BYTES = 10**9
PAIRS = 7
CLI_KEY = "bench/film"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One upload of each kind."""

    ours: Run
    cli: Run

    @property
    def ratio(self) -> float:
        return self.cli.seconds / self.ours.seconds


def film_in(folder: Path) -> Path:
    """Return the file to upload, which is made the first time: incompressible, a video only by its name."""
    path = folder / "film.mp4"
    if not path.exists() or path.stat().st_size != FILE_BYTES:
        with path.open("wb") as file:
            for _ in range(FILE_BYTES // 10**6):
                file.write(os.urandom(10**6))
    return path


class Uploads:
    """Uploads and removes again; after each, the store is as empty and the site as idle as before."""

    def __init__(self, *, site: Site, session: httpx.Client, ceph: Ceph, film: Path, aws: Path) -> None:
        self._site = site
        self._session = session
        self._ceph = ceph
        self._s3: S3Client = ceph.s3()
        self._bucket = site.settings["S3_BUCKET"]
        self._film = film
        self._aws = aws
        self._etags: set[str] = set()

    def ours(self) -> Run:
        """Upload as the browser does."""
        command = (sys.executable, "-m", "bench.real_s3.browser", self._site.url, self._film)
        done = run(command, given=json.dumps(dict(self._session.cookies)))
        video_id = json.loads(done.output)["videoId"]
        self._check(f"sources/{video_id}/source")
        # At once: a transcoder has begun to fetch the file, only to find that it is no video.
        token = {"X-CSRFToken": self._session.cookies["csrftoken"]}
        self._session.delete(f"/api/videos/{video_id}", headers=token).raise_for_status()
        self._settle()
        return done

    def cli(self) -> Run:
        """Upload with the AWS CLI as it is."""
        target = f"s3://{self._bucket}/{CLI_KEY}"
        copy = ("s3", "cp", "--no-progress", "--endpoint-url", self._ceph.endpoint)
        environ = environment(self._site.settings, self._ceph.folder)
        done = run((self._aws, *copy, self._film, target), environ)
        self._check(CLI_KEY)
        self._s3.delete_object(Bucket=self._bucket, Key=CLI_KEY)
        self._settle()
        return done

    def _check(self, key: str) -> None:
        # Of a multipart upload this is the digest of its parts' digests, and both send parts of 8 MiB.
        self._etags.add(self._s3.head_object(Bucket=self._bucket, Key=key)["ETag"])
        if len(self._etags) > 1:
            raise BenchError("The two ways did not make the same object: look at the site's log, and at the AWS CLI.")

    def _settle(self) -> None:
        """Let nothing of this upload be done during the next: the gateway frees what was deleted some time later."""
        self._site.wait_until_idle()
        configuration = str(self._ceph.folder / "ceph.conf")
        collect = ["radosgw-admin", "-n", "client.rgw.a", "-c", configuration, "gc", "process", "--include-all"]
        run(collect)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What came of the pairs."""

    pairs: list[Pair]
    cli_start_seconds: float
    memory_mb: float
    memory_growth_mb: float

    @property
    def ratio(self) -> float:
        return statistics.median(pair.ratio for pair in self.pairs)

    def lines(self) -> list[tuple[str, str]]:
        """Say in detail what was measured."""
        ours, cli = [pair.ours for pair in self.pairs], [pair.cli for pair in self.pairs]
        inside = [json.loads(run.output)["seconds"] for run in ours]
        bare = [
            (pair.cli.seconds - self.cli_start_seconds) / seconds
            for pair, seconds in zip(self.pairs, inside, strict=True)
        ]
        return [
            (f"browser's protocol, {len(ours)} runs", spread([run.seconds for run in ours], "s", 2)),
            (f"aws s3 cp, {len(cli)} runs", spread([run.seconds for run in cli], "s", 2)),
            ("CPU of the client, ours", spread([run.cpu_seconds for run in ours], "s", 2)),
            ("CPU of the client, aws", spread([run.cpu_seconds for run in cli], "s", 2)),
            ("aws / ours, by pair", spread([pair.ratio for pair in self.pairs], "times", 3)),
            ("the same without either's start", spread(bare, "times", 3)),
            ("memory of the web process", f"{self.memory_mb:.1f} MB, grew by {self.memory_growth_mb:.1f} MB"),
        ]


def compare(uploads: Uploads, *, web_pid: int, aws: Path) -> Compared:
    """Upload in pairs, each way first in every other one, after one of each that does not count."""
    uploads.ours()
    uploads.cli()
    starts = [run([aws, "--version"]).seconds for _ in range(5)]
    before_mb = peak_mb = resident_mb(web_pid)
    pairs = []
    for number in range(PAIRS):
        cli = uploads.cli() if number % 2 else None
        with MemoryWatch(web_pid) as memory:
            ours = uploads.ours()
        peak_mb = max(peak_mb, memory.peak_mb)
        pairs.append(Pair(ours=ours, cli=cli or uploads.cli()))
    return Compared(
        pairs=pairs,
        cli_start_seconds=statistics.median(starts),
        memory_mb=before_mb,
        memory_growth_mb=peak_mb - before_mb,
    )
