"""Pages may send to and play from the store and the CDN, and from nowhere else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
from django.test import Client
header = Client().get("/accounts/login/").headers["Content-Security-Policy"]
print(next(part for part in header.split("; ") if part.startswith("connect-src")))
"""


def connect_sources(**settings: str) -> str:
    """Return the connect-src of a site with these settings."""
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "VAR_DIR": os.environ["VAR_DIR"], **settings}
    code = f"import django; django.setup(){ASK}"
    command = [sys.executable, "-c", code]
    environment |= {"DJANGO_SETTINGS_MODULE": "vidsite.settings", "DEBUG": "true", "ALLOWED_HOSTS": "testserver"}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "connect-src 'self'"),
        (
            {"STORE": "s3", "S3_BUCKET": "films", "S3_REGION": "eu-west-1", "CDN_URL": "https://cdn.example.org/"},
            "connect-src 'self' https://cdn.example.org https://films.s3.eu-west-1.amazonaws.com",
        ),
        (
            {
                "STORE": "s3",
                "S3_BUCKET": "films",
                "S3_ENDPOINT_URL": "http://10.0.0.5:9000",
                "S3_PUBLIC_ENDPOINT_URL": "https://s3.example.org",
            },
            "connect-src 'self' https://s3.example.org",
        ),
        (
            {"STORE": "s3", "S3_BUCKET": "f", "S3_ENDPOINT_URL": "http://10.0.0.5:9000", "S3_PUBLIC_ENDPOINT_URL": ""},
            "connect-src 'self' http://10.0.0.5:9000",
        ),
        ({"CDN_URL": "https://cdn.example.org/videos"}, "connect-src 'self' https://cdn.example.org"),
    ],
    ids=["local", "aws", "behind-a-proxy", "no-public-endpoint", "cdn-with-a-path"],
)
def test_the_policy_names_where_videos_are(environment: dict[str, str], expected: str) -> None:
    assert connect_sources(**environment) == expected
