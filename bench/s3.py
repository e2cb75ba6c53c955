"""Uploads, signing and playlists on a real S3 server: `make bench-s3`, explained in bench/README.md."""

import os
import platform
import signal
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

from bench.real_s3 import aws_cli, signing
from bench.real_s3.figures import BenchError, Figure, p95, show, verdict
from bench.real_s3.programs import ROOT, run
from bench.real_s3.site import running_site, signed_up
from bench.real_s3.uploads import Uploads, compare, film_in
from tests.real_s3.ceph import Ceph, CephError

BUCKET = "vidsite-bench"
STORE_BYTES = 8 * 1024**3
"""Room for what one upload leaves until it is freed."""


def main() -> int:
    """Measure everything against one server; 0 when every bound is kept."""
    began = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended, and its files go
    var = ROOT / "var" / "bench"
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    aws, film = aws_cli.installed_in(var), film_in(var)
    with (
        tempfile.TemporaryDirectory(prefix="run-", dir=var) as folder,
        Ceph(Path(folder) / "ceph", objectstore="bluestore", size_bytes=STORE_BYTES) as ceph,
    ):
        s3 = ceph.s3()
        s3.create_bucket(Bucket=BUCKET)
        with running_site(ceph, BUCKET, Path(folder) / "site") as site, signed_up(site.url) as session:
            os.environ.update(site.settings, DJANGO_SETTINGS_MODULE="vidsite.settings", LOG_LEVEL="WARNING")
            django.setup()
            from bench.real_s3 import playlists  # noqa: PLC0415 — models need Django, and it the server's address

            uploads = Uploads(site=site, session=session, ceph=ceph, film=film, aws=aws)
            uploaded = compare(uploads, web_pid=site.web_pid(), aws=aws)
            signed = signing.compare()
            served = playlists.measure(session, s3, BUCKET)
    print(f"\n{_machine()}; it took {time.monotonic() - began:.0f} s.")
    show([*uploaded.lines(), *signed.lines(), *served.lines()])
    return verdict(
        [
            Figure(name="upload_ratio_vs_aws_cli", value=uploaded.ratio, at_least=0.95),
            Figure(name="sign_1000_parts_ms", value=signed.median_ms, at_most=50),
            Figure(name="playlist_2h_warm_p95_ms", value=p95(served.warm_ms), at_most=25),
            Figure(name="playlist_2h_cold_p95_ms", value=p95(served.cold_ms), at_most=150),
            Figure(name="site_rss_growth_mb", value=uploaded.memory_growth_mb, at_most=20),
        ]
    )


def _machine() -> str:
    """Say on what it was measured."""
    ceph = run(["radosgw", "--version"]).output.split()[2]
    versions = [f"{name} {version(name)}" for name in ("django", "daphne", "boto3", "httpx")]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    return (
        f"{os.cpu_count()} cores (load {load}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, {', '.join(versions)}, AWS CLI {aws_cli.VERSION}, Ceph {ceph}"
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BenchError, CephError) as error:
        sys.exit(str(error))
