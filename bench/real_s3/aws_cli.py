"""The AWS CLI, in a virtualenv of its own: it pins versions of what the site uses too."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.real_s3.programs import run

VERSION = "1.46.3"


def installed_in(folder: Path) -> Path:
    """Return the program, which is installed in this folder the first time."""
    venv = folder / f"awscli-{VERSION}"
    program = venv / "bin" / "aws"
    if not program.exists():
        print(f"Installing awscli {VERSION} into {venv}.", flush=True)
        run([sys.executable, "-m", "venv", "--clear", venv])
        run([venv / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", f"awscli=={VERSION}"])
    return program


def environment(settings: Mapping[str, str], home: Path) -> dict[str, str]:
    """Return what the CLI is run with: the site's credentials, and nothing of this machine's own configuration."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(home),
        "AWS_ACCESS_KEY_ID": settings["AWS_ACCESS_KEY_ID"],
        "AWS_SECRET_ACCESS_KEY": settings["AWS_SECRET_ACCESS_KEY"],
        "AWS_DEFAULT_REGION": settings["S3_REGION"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # As the site: by default the CLI would count a checksum of every part, which takes it a tenth longer.
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
    }
