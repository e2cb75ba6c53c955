"""The whole transcoder, with its source and its renditions in a real bucket."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.transcoder.giver import ChunkGiver
from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket
from tests.real_s3.network import Network
from tests.real_s3.transcoder import SOURCE_KEY, Access, give_access
from tests.transcoding.worker.site import Site
from tests.transcoding.worker.tools import PREFIX, make_clip, make_spec, run_worker, worker
from transcoding import worker_process
from transcoding.worker.spec import JobSpec
from transcoding.worker.storage_spec import S3StorageSpec

pytestmark = pytest.mark.media

WRAPPER = """#!/bin/sh
env >> {log}
exec {program} "$@"
"""


@pytest.fixture
def access(ceph: Ceph, bucket: Bucket) -> Access:
    return give_access(ceph, bucket)


@pytest.fixture
def site() -> Iterator[Site]:
    with Site().running() as running:
        yield running


@pytest.fixture
def network(ceph: Ceph) -> Iterator[Network]:
    with Network(ceph.endpoint).running() as network:
        yield network


def job(tmp_path: Path, site: Site, access: Access, *, endpoint: str = "", **changes: Any) -> JobSpec:
    return make_spec(tmp_path, url=site.url, storage=access.spec(endpoint=endpoint), **changes)


def put_clip(bucket: Bucket, tmp_path: Path, *, seconds: float, size: str = "320x240") -> str:
    """Store a clip as the source; return its mark."""
    clip = make_clip(tmp_path / "clip.mp4", seconds=seconds, size=size)
    told = bucket.s3.put_object(Bucket=bucket.name, Key=SOURCE_KEY, Body=clip.read_bytes())
    return told["ETag"].strip('"')


def test_a_video_goes_from_the_bucket_to_the_bucket(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access
) -> None:
    put_clip(bucket, tmp_path, seconds=10)
    code, log = run_worker(job(tmp_path, site, access))
    assert code == 0, log
    assert site.last["status"] == "SUCCEEDED"
    expected = {f"{PREFIX}poster.jpg", f"{PREFIX}storyboard.jpg"}
    for quality in ("240p", "audio"):
        assert sorted(site.segments(quality)) == [0, 1, 2]
        expected |= {f"{PREFIX}{quality}/init.mp4", *(f"{PREFIX}{quality}/seg_{n:05d}.m4s" for n in range(3))}
        for n, segment in site.segments(quality).items():
            assert len(bucket.content(f"{PREFIX}{quality}/seg_{n:05d}.m4s")) == segment["bytes"]
    assert set(bucket.keys()) == expected | {SOURCE_KEY}
    types = {bucket.s3.head_object(Bucket=bucket.name, Key=key)["ContentType"] for key in expected}
    assert types == {"video/iso.segment", "video/mp4", "image/jpeg"}
    assert access.keys.secret_key not in log


def test_another_attempt_goes_on_from_what_is_in_the_bucket(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access
) -> None:
    put_clip(bucket, tmp_path, seconds=30)
    assert run_worker(job(tmp_path, site, access))[0] == 0
    bucket.s3.delete_object(Bucket=bucket.name, Key=f"{PREFIX}240p/seg_00006.m4s")
    site.chunks = ChunkGiver(segment_seconds=4, made={"240p": [(0, 6), (7, 8)]})
    code, log = run_worker(job(tmp_path, site, access, attempt=2, made=("audio", "poster")))
    assert code == 0, log
    assert bucket.content(f"{PREFIX}240p/seg_00006.m4s")
    assert site.last["storyboard"]["count"] == 8


def test_a_source_that_was_replaced_is_not_transcoded(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access
) -> None:
    etag = put_clip(bucket, tmp_path, seconds=0.4)
    bucket.put(SOURCE_KEY, b"another file")
    spec = job(tmp_path, site, access)
    code, _ = run_worker(replace(spec, source=replace(spec.source, etag=etag)))
    assert code == 1
    assert site.last["error"]["code"] == "source.replaced"
    assert bucket.keys() == [SOURCE_KEY]


def test_a_refusal_is_told_with_the_call(tmp_path: Path, site: Site, bucket: Bucket, access: Access) -> None:
    put_clip(bucket, tmp_path, seconds=0.4)
    code, _ = run_worker(job(tmp_path, site, access, output_prefix="elsewhere/"))
    assert code == 1
    assert site.last["error"]["code"] == "platform.storage-refused"
    assert "PutObject" in site.last["error"]["message"]
    assert bucket.keys() == [SOURCE_KEY]


def test_a_server_that_goes_away_while_it_is_published_to_costs_nothing(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access, network: Network
) -> None:
    put_clip(bucket, tmp_path, seconds=30, size="640x360")
    with worker(job(tmp_path, site, access, endpoint=network.endpoint, preset="slow")) as process:
        site.wait_for(lambda it: it.segments("360p"))
        network.go_down()
        time.sleep(6)
        network.go_up()
        assert process.wait(90) == 0
    for quality in ("360p", "240p", "audio"):
        assert sorted(site.segments(quality)) == list(range(8))
    published = bucket.keys()
    assert sum(key.endswith(".m4s") for key in published) == 24


def test_a_server_that_goes_away_for_good_ends_the_attempt_within_a_minute(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access, network: Network
) -> None:
    put_clip(bucket, tmp_path, seconds=30, size="640x360")
    with worker(job(tmp_path, site, access, endpoint=network.endpoint, preset="slow")) as process:
        site.wait_for(lambda it: it.segments("360p"))
        network.go_down()
        gone = time.monotonic()
        assert process.wait(90) == 1
        assert time.monotonic() - gone < 60
    assert site.last["error"]["code"] == "platform.storage"
    assert list((tmp_path / "work").glob("transcode-*")) == []


def test_what_was_published_is_taken_back_when_the_attempt_is_cancelled(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access, network: Network
) -> None:
    network.delay_seconds = 0.05
    put_clip(bucket, tmp_path, seconds=60, size="640x360")
    with worker(job(tmp_path, site, access, endpoint=network.endpoint, preset="slow")) as process:
        site.wait_for(lambda it: it.segments("360p"))
        site.answer = lambda _report: (409, {"reason": "cancelled"})
        assert process.wait(15) == 3
    assert bucket.keys() == [SOURCE_KEY]


def test_cancelling_in_a_slow_download_takes_seconds(
    tmp_path: Path, site: Site, bucket: Bucket, access: Access, network: Network
) -> None:
    put_clip(bucket, tmp_path, seconds=20)
    network.bytes_per_second = 3000
    with worker(job(tmp_path, site, access, endpoint=network.endpoint)) as process:
        site.wait_for(lambda it: it.reports and network.bytes_sent > 3000)
        site.answer = lambda _report: (409, {"reason": "cancelled"})
        told = len(site.reports)
        site.wait_for(lambda it: len(it.reports) > told)
        told_at = time.monotonic()
        assert process.wait(10) == 3
        assert time.monotonic() - told_at < 3
    assert site.last["stage"] == "DOWNLOADING"


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environments that ffmpeg and ffprobe were started with, one variable to a line."""
    log = tmp_path / "environments"
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("ffmpeg", "ffprobe"):
        (programs / name).write_text(WRAPPER.format(log=log, program=f"/usr/bin/{name}"))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return log


@pytest.fixture
def machine(access: Access, monkeypatch: pytest.MonkeyPatch) -> S3StorageSpec:
    """A bucket to which the machine itself has the keys."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", access.keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", access.keys.secret_key)
    return replace(access.spec(), credentials=None)


def test_the_credentials_of_the_machine_reach_the_transcoder_but_not_its_ffmpeg(
    tmp_path: Path, site: Site, bucket: Bucket, machine: S3StorageSpec, environments: Path
) -> None:
    put_clip(bucket, tmp_path, seconds=0.4)
    environments.unlink()
    assert worker_process.run(make_spec(tmp_path, url=site.url, storage=machine).to_json()) == 0
    assert site.last["status"] == "SUCCEEDED"
    seen = environments.read_text()
    assert "PATH=" in seen
    assert "AWS" not in seen
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in seen


def test_a_transcoder_without_credentials_says_so(
    tmp_path: Path, site: Site, machine: S3StorageSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert worker_process.run(make_spec(tmp_path, url=site.url, storage=machine).to_json()) == 1
    assert site.last["error"]["code"] == "platform.storage-refused"
    assert "no AWS credentials" in site.last["error"]["message"]
