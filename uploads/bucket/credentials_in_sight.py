"""Whether the standard AWS chain may find credentials here, told without asking anybody."""

import os
from pathlib import Path

from uploads.bucket.wanted import is_aws

VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
FILES = {"AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials", "AWS_CONFIG_FILE": "~/.aws/config"}
MACHINE = Path("/sys/class/dmi/id")
"""Where Linux says who built the machine: a virtual one of EC2 may have a role, which only the network would tell."""


def may_have_credentials(endpoint_url: str) -> bool:
    """Whether there is a source that may have credentials; only using them says whether they are good."""
    if any(os.environ.get(name) for name in VARIABLES):
        return True
    if any(_is_there(os.environ.get(name) or usual) for name, usual in FILES.items()):
        return True
    return is_aws(endpoint_url) and _is_ec2()


def _is_there(path: str) -> bool:
    """Whether there is such a file, as far as we may see: pathlib would raise where there is no home, or no right."""
    return os.path.exists(os.path.expanduser(path))  # noqa: PTH110, PTH111 — see above


def _is_ec2() -> bool:
    return any("amazon" in _text(MACHINE / name).lower() for name in ("sys_vendor", "bios_version"))


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
