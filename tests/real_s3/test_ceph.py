"""The server that these tests run against: what they rely on."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, command_line, descendants
from tests.real_s3.ceph import Ceph
from tests.real_s3.conftest import Bucket
from uploads.stores.aws import AwsError, error_code

START_AND_WAIT = """
import sys, time
from pathlib import Path
from tests.real_s3.ceph import Ceph
with Ceph(Path(sys.argv[1])):
    print("started", flush=True)
    time.sleep(60)
"""


def test_a_second_user_may_do_nothing_with_the_bucket_of_the_first(ceph: Ceph, bucket: Bucket) -> None:
    bucket.put("sources/a/source", b"film")
    other = ceph.s3(ceph.make_user("somebody-else"))
    for call in (
        lambda: other.get_object(Bucket=bucket.name, Key="sources/a/source"),
        lambda: other.put_object(Bucket=bucket.name, Key="sources/a/source", Body=b"evil"),
        lambda: other.list_objects_v2(Bucket=bucket.name),
    ):
        with pytest.raises(AwsError) as refused:
            call()
        assert error_code(refused.value) == "AccessDenied"


def test_what_is_stored_is_still_there_after_the_gateway_was_away(ceph: Ceph, bucket: Bucket) -> None:
    bucket.put("sources/a/source", b"film")
    ceph.stop_gateway()
    ceph.start_gateway()
    assert bucket.content("sources/a/source") == b"film"


def test_its_daemons_die_with_the_process_that_started_them(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        assert process.stdout.readline() == "started\n"
        daemons = descendants(process.pid)
        assert sorted(command_line(pid).split()[0] for pid in daemons) == ["ceph-mon", "ceph-osd", "radosgw"]
        os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while any(command_line(pid) for pid in daemons):
        assert time.monotonic() < deadline, "they go on without their parent"
        time.sleep(0.05)
