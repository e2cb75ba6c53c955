"""Everything that must be there before the site starts on one machine."""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.utils import get_random_secret_key

from uploads.bucket.findings import State
from uploads.bucket.network_check import what_is_missing
from uploads.bucket.refusals import Unreachable
from uploads.bucket.services import bucket_set_up
from vidsite.supervisor import SupervisorError


def prepare_var_dir(var_dir: Path) -> None:
    """Make the directories and the secret key; videos and sessions are for the site's own user alone."""
    var_dir.mkdir(parents=True, mode=0o700, exist_ok=True)
    for name in ("run", "log", "store", "static"):
        (var_dir / name).mkdir(parents=True, exist_ok=True)
    try:
        settings.SECRET_KEY  # noqa: B018 — Django raises when it is empty
    except ImproperlyConfigured:
        # The settings were read before there was a file; the children will read it.
        settings.SECRET_KEY = keep_secret(settings.SECRET_KEY_FILE, get_random_secret_key())


def keep_secret(path: Path, new: str) -> str:
    """Give the secret in the file, or keep the new one there if it is empty; only the owner may read it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        old = file.read().strip()
        if not old:
            file.write(f"{new}\n")
        return old or new


@contextmanager
def only_site_in(var_dir: Path) -> Iterator[None]:
    """Hold var/ for one site: two would take each other's jobs, and tell nobody how far they are."""
    with (var_dir / "run" / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SupervisorError(
                f"A site already runs on {var_dir}; stop it first, or give this one its own with VAR_DIR=."
            ) from error
        yield


def set_up(*, verbosity: int = 0) -> None:
    """Bring the database and the static files up to date."""
    call_command("migrate", interactive=False, verbosity=verbosity)
    call_command("collectstatic", interactive=False, verbosity=verbosity)


def make_bucket(url: str, *, say: Callable[[str], None]) -> None:
    """Make the bucket ready for a site at this address, where videos are kept in one; say what was done."""
    if settings.STORE != "s3":
        return
    try:
        findings = bucket_set_up(more_origins=[url])
    except Unreachable as error:
        raise SupervisorError(str(error)) from error
    for finding in findings:
        if finding.is_open or finding.state is State.MADE:
            say(f"Bucket {settings.S3_BUCKET}, {finding.item}: {finding.sentence}")


def look_at_bucket(*, say: Callable[[str], None]) -> None:
    """Say what is missing in the bucket; the site starts nevertheless, as somebody may be mending it."""
    if settings.STORE == "s3":
        for warning in what_is_missing():
            say(f"{warning.msg} {warning.hint}")


def demo_user(var_dir: Path) -> tuple[str, str]:
    """Make the demo's user, or give it its kept password again; return what to sign in with."""
    name, password = "demo", keep_secret(var_dir / "demo_password", secrets.token_urlsafe(9))
    user, _ = get_user_model().objects.get_or_create(username=name)
    if not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return name, password
