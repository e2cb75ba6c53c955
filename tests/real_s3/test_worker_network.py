"""The transcoder and a bucket behind a bad network."""

import hashlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket
from tests.real_s3.network import Network
from tests.real_s3.transcoder import SOURCE_KEY, Access, give_access, go_on
from transcoding.worker.errors import PlatformError, SourceError, Stopped
from transcoding.worker.s3_storage import CONNECT_SECONDS, READ_SECONDS, S3Storage
from transcoding.worker.storage_spec import SourceObject

SEGMENT_KEY = "renditions/video/job/1/240p/seg_00000.m4s"
IMPATIENT_SECONDS = 2
CONTENT = random.Random(3).randbytes(3_000_000)


@pytest.fixture
def access(ceph: Ceph, bucket: Bucket) -> Access:
    return give_access(ceph, bucket)


@pytest.fixture
def network(ceph: Ceph) -> Iterator[Network]:
    with Network(ceph.endpoint).running() as network:
        yield network


@pytest.fixture
def storage(access: Access, network: Network) -> S3Storage:
    return S3Storage(access.spec(endpoint=network.endpoint), patience_seconds=20)


@pytest.fixture
def impatient(access: Access, network: Network) -> S3Storage:
    return S3Storage(access.spec(endpoint=network.endpoint), patience_seconds=IMPATIENT_SECONDS)


@pytest.fixture
def source(bucket: Bucket) -> SourceObject:
    told = bucket.s3.put_object(Bucket=bucket.name, Key=SOURCE_KEY, Body=CONTENT)
    return SourceObject(key=SOURCE_KEY, etag=told["ETag"].strip('"'))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "seg_00000.m4s"
    path.write_bytes(CONTENT)
    return path


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_download_goes_on_where_the_connection_was_cut(
    tmp_path: Path, network: Network, storage: S3Storage, source: SourceObject
) -> None:
    network.cuts = [1_000_000, 700_000, 10]
    storage.download(source, tmp_path / "source", check=go_on)
    assert network.cuts == []
    assert digest((tmp_path / "source").read_bytes()) == digest(CONTENT)
    # The block that was on its way at each cut comes twice, and nothing else.
    assert network.bytes_sent < len(CONTENT) + 3 * 300_000


def test_a_download_that_goes_on_never_mixes_two_sources(
    tmp_path: Path, bucket: Bucket, network: Network, storage: S3Storage
) -> None:
    bucket.put(SOURCE_KEY, CONTENT)
    network.cuts = [1_000_000]
    replaced = threading.Event()

    def replace_on_the_way() -> None:
        if network.bytes_sent > 300_000 and not replaced.is_set():
            bucket.put(SOURCE_KEY, bytes(len(CONTENT)))
            replaced.set()

    # Even when nobody said which source it is: what it began with is what it stays with.
    network.bytes_per_second = 1_000_000
    with pytest.raises(SourceError) as failure:
        storage.download(SourceObject(key=SOURCE_KEY), tmp_path / "source", check=replace_on_the_way)
    assert failure.value.code == "source.replaced"


def test_a_download_stops_within_a_second_however_slow_the_network_is(
    tmp_path: Path, network: Network, storage: S3Storage, source: SourceObject
) -> None:
    network.bytes_per_second = 2000
    _expect_stop_in_time(lambda check: storage.download(source, tmp_path / "source", check=check))


def test_a_download_stops_within_a_second_when_nothing_comes_at_all(
    tmp_path: Path, network: Network, storage: S3Storage, source: SourceObject
) -> None:
    network.silent = True
    _expect_stop_in_time(lambda check: storage.download(source, tmp_path / "source", check=check))
    _expect_stop_in_time(lambda check: storage.size(source, check=check))


def _expect_stop_in_time(work: Callable[[Callable[[], None]], object]) -> None:
    calls: list[float] = []

    def check() -> None:
        calls.append(time.monotonic())
        if calls[-1] - calls[0] > 2:
            raise Stopped("cancelled")

    with pytest.raises(Stopped):
        work(check)
    assert time.monotonic() - calls[0] < 3
    assert max(later - earlier for earlier, later in pairwise(calls)) < 1


@pytest.fixture
def outage(network: Network) -> Iterator[None]:
    """The server cannot be reached, but in four seconds it can."""
    network.go_down()
    back = threading.Timer(4, network.go_up)
    back.start()
    yield
    back.join()


@pytest.mark.usefixtures("outage")
def test_a_server_that_is_away_for_some_seconds_is_waited_for_with_a_file(
    bucket: Bucket, storage: S3Storage, file: Path
) -> None:
    storage.publish(file, SEGMENT_KEY, check=go_on)
    assert digest(bucket.content(SEGMENT_KEY)) == digest(CONTENT)


@pytest.mark.usefixtures("outage")
def test_a_server_that_is_away_for_some_seconds_is_waited_for_by_a_download(
    tmp_path: Path, storage: S3Storage, source: SourceObject
) -> None:
    storage.download(source, tmp_path / "source", check=go_on)
    assert digest((tmp_path / "source").read_bytes()) == digest(CONTENT)


@pytest.mark.parametrize("silent", [True, False])
def test_a_server_that_stays_away_is_given_up_by_a_download(
    tmp_path: Path, network: Network, impatient: S3Storage, source: SourceObject, *, silent: bool
) -> None:
    leave(network, silent=silent)
    with given_up():
        impatient.download(source, tmp_path / "source", check=go_on)


@pytest.mark.parametrize("silent", [True, False])
def test_a_server_that_stays_away_is_given_up_with_a_file(
    network: Network, impatient: S3Storage, file: Path, *, silent: bool
) -> None:
    leave(network, silent=silent)
    with given_up():
        impatient.publish(file, SEGMENT_KEY, check=go_on)


def test_a_server_that_is_away_is_asked_to_delete_only_once(network: Network, storage: S3Storage) -> None:
    network.go_down()
    started = time.monotonic()
    with given_up():
        storage.delete(SEGMENT_KEY)
    assert time.monotonic() - started < 1


def leave(network: Network, *, silent: bool) -> None:
    network.silent = silent
    if not silent:
        network.go_down()


@contextmanager
def given_up() -> Iterator[None]:
    started = time.monotonic()
    with pytest.raises(PlatformError) as failure:
        yield
    assert failure.value.code == "platform.storage"
    assert time.monotonic() - started < IMPATIENT_SECONDS + CONNECT_SECONDS + READ_SECONDS


def test_a_file_is_sent_no_further_once_the_attempt_is_over(bucket: Bucket, storage: S3Storage, file: Path) -> None:
    calls: list[None] = []

    def check() -> None:
        calls.append(None)
        if len(calls) > 100:
            raise Stopped("cancelled")

    with pytest.raises(Stopped):
        storage.publish(file, SEGMENT_KEY, check=check)
    assert bucket.keys() == []
