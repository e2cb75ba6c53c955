"""A real S3 server for tests and benchmarks: Ceph's gateway over a cluster of one monitor and one storage daemon."""

import json
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.environment import free_port
from tests.real_s3.ceph_conf import PORTS, Objectstore, ceph_conf

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROGRAMS = ("ceph", "ceph-mon", "ceph-osd", "monmaptool", "radosgw", "radosgw-admin", "setpriv")
START_SECONDS = 60
LOG_TAIL_CHARACTERS = 3000


class CephError(Exception):
    """The cluster does not do what it is there for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The credentials of one user of the gateway."""

    access_key: str
    secret_key: str


class Ceph:
    """One cluster in a folder of its own, on free ports of 127.0.0.1; use it as a context manager.

    Its daemons are killed when the thread that called `start` ends, however that came about. Nothing is kept: a
    folder serves one cluster, once.

    memstore keeps every byte in memory and starts fastest; bluestore is for large files. With
    `lifecycle_day_seconds` a day of a bucket's lifecycle rules is that short, and they are looked at as often.
    """

    region = "us-east-1"

    def __init__(
        self,
        folder: Path,
        *,
        objectstore: Objectstore = "memstore",
        lifecycle_day_seconds: int = -1,
        size_bytes: int = 16 * 1024**3,
    ) -> None:
        self.folder = folder.resolve()
        self._gateway_port = free_port(PORTS)
        self._cluster_id = str(uuid4())
        self._configuration = ceph_conf(
            self.folder,
            cluster_id=self._cluster_id,
            first_port=self._gateway_port,
            objectstore=objectstore,
            size_bytes=size_bytes,
            lifecycle_day_seconds=lifecycle_day_seconds,
        )
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._keys: Keys | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._gateway_port}"

    @property
    def keys(self) -> Keys:
        """The credentials of the user who is there from the start."""
        if self._keys is None:
            raise CephError("The cluster has not been started.")
        return self._keys

    @property
    def access_key(self) -> str:
        return self.keys.access_key

    @property
    def secret_key(self) -> str:
        return self.keys.secret_key

    def start(self) -> None:
        """Start everything and return when a signed request is answered. Raises CephError."""
        missing = [program for program in PROGRAMS if shutil.which(program) is None]
        if missing:
            raise CephError(f"{', '.join(missing)} is missing: run `make test-s3`, which installs it.")
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ceph.conf").write_text(self._configuration)
        try:
            self._start_monitor()
            self._start_storage()
            self._keys = self.make_user("owner")
            self.start_gateway()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every daemon; none running is fine."""
        for name in [*self._daemons]:
            self._kill(name)

    def start_gateway(self) -> None:
        """Start the gateway, also after `stop_gateway`: what was stored is still there."""
        self._daemon("radosgw", "-n", "client.rgw.a")
        client = self.s3(tries=1)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                client.list_buckets()
            except (BotoCoreError, ClientError) as error:
                if time.monotonic() > deadline or self._daemons["radosgw"].poll() is not None:
                    raise CephError(f"radosgw does not answer: {error}\n{self._said('radosgw')}") from error
                time.sleep(0.05)
            else:
                return

    def stop_gateway(self) -> None:
        """Let nobody answer at the endpoint, as when the store is down."""
        # Asked, not killed: the next gateway would wait half a minute for the other to take note of its changes.
        if daemon := self._daemons.get("radosgw"):
            daemon.terminate()
            with suppress(subprocess.TimeoutExpired):
                daemon.wait(10)
        self._kill("radosgw")

    def make_user(self, name: str) -> Keys:
        """Make a user who may do nothing with the buckets of others until their policies say so."""
        who = (f"--uid={name}", f"--display-name={name}")
        made = self._run("radosgw-admin", "-n", "client.rgw.a", "user", "create", *who)
        (keys,) = json.loads(made)["keys"]
        return Keys(access_key=keys["access_key"], secret_key=keys["secret_key"])

    def s3(self, keys: Keys | None = None, *, tries: int = 3) -> "S3Client":
        """Return a client of the gateway that knows nothing of the site and its settings."""
        keys = keys or self.keys
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=keys.access_key,
            aws_secret_access_key=keys.secret_key,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                retries={"mode": "standard", "total_max_attempts": tries},
            ),
        )

    def _start_monitor(self) -> None:
        monitor = f"[v2:127.0.0.1:{self._gateway_port + 1}]"
        map_file = str(self.folder / "monmap")
        self._run("monmaptool", "--create", "--fsid", self._cluster_id, "--addv", "a", monitor, map_file)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", map_file, "--keyring", "/dev/null")
        self._daemon("ceph-mon", "-i", "a")

    def _start_storage(self) -> None:
        storage_id = str(uuid4())
        self._run("ceph", "--connect-timeout", str(START_SECONDS), "osd", "new", storage_id, "0")
        (self.folder / "storage").mkdir()
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", storage_id)
        self._daemon("ceph-osd", "-i", "0")

    def _run(self, program: str, *arguments: str) -> str:
        command = [program, "-c", str(self.folder / "ceph.conf"), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise CephError(f"{program} did not come to an end.\n{self._said(*self._daemons)}") from error
        if done.returncode != 0:
            raise CephError(f"{program} failed: {done.stderr[-LOG_TAIL_CHARACTERS:]}\n{self._said(*self._daemons)}")
        return done.stdout

    def _daemon(self, program: str, *arguments: str) -> None:
        # A test run that is killed cannot stop them: so the kernel does, when their parent is gone.
        dies_with_us = ("setpriv", "--pdeathsig", "KILL")
        command = [*dies_with_us, program, "-c", str(self.folder / "ceph.conf"), "-f", *arguments]
        with (self.folder / f"{program}.out").open("ab") as output:
            self._daemons[program] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )

    def _kill(self, name: str) -> None:
        # Not asked first: an orderly end takes seconds, and nothing is to be kept.
        if daemon := self._daemons.pop(name, None):
            daemon.kill()
            daemon.wait()

    def _said(self, *programs: str) -> str:
        outputs = [self.folder / f"{program}.out" for program in programs]
        return "\n".join(f"{path}: {path.read_text()[-LOG_TAIL_CHARACTERS:]}" for path in outputs if path.exists())
