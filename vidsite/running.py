"""Runs the whole site on this machine; the doors are `manage.py up` and `manage.py demo`."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.text import Text

from vidsite.children import LOCALHOST, site_children
from vidsite.local_ecs.child import is_wanted, local_ecs
from vidsite.prepare import look_at_bucket, make_bucket, only_site_in, prepare_var_dir, set_up
from vidsite.supervisor import Supervisor, SupervisorError

START_SECONDS = 60
COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "red")


@dataclass(frozen=True, kw_only=True)
class RunningSite:
    """The site, and what keeps it running."""

    url: str
    supervisor: Supervisor


@contextmanager
def running_site(
    command: BaseCommand,
    *,
    port: int | None = None,
    setup: bool = True,
    own_bucket: bool = False,
    own_ecs: bool = False,
    say: Callable[[str], None],
    show: Callable[[str, str], None] | None = None,
) -> Iterator[RunningSite]:
    """Prepare and start everything; yield once the web answers; stop everything at the end of the block.

    `own_bucket`: on S3 the bucket is made and set up, not only looked at. `own_ecs`: where tasks are to be started
    and no cluster is named, a stand-in on this machine runs them.
    """
    port, host = port or settings.PORT, settings.HOST
    logging.getLogger("httpx").setLevel(logging.WARNING)  # a line for every request would bury the rest
    url = f"http://{LOCALHOST if host == '0.0.0.0' else host}:{port}"  # noqa: S104 — compared with, not bound
    try:
        prepare_var_dir(settings.VAR_DIR)
        with only_site_in(settings.VAR_DIR):
            ecs = [local_ecs(port=port + 2, site_url=url)] if own_ecs and is_wanted() else []
            children = site_children(host=host, port=port, var_dir=settings.VAR_DIR, after_web=ecs)
            command.check()
            if setup:
                say("Bringing the database and the static files up to date.")
                set_up()
            if own_bucket:
                make_bucket(url, say=say)
            else:
                look_at_bucket(say=say)
            say(f"Starting {', '.join(child.name for child in children)}.")
            with Supervisor(
                children, log_dir=settings.VAR_DIR / "log", say=say, show=show, cwd=settings.BASE_DIR
            ) as supervisor:
                supervisor.run_until(lambda: answers(url), seconds=START_SECONDS, what="web")
                yield RunningSite(url=url, supervisor=supervisor)
    except SupervisorError as error:
        raise CommandError(str(error)) from error


def answers(url: str) -> bool:
    """Ask the site whether it is there; a proxy from the environment would not find it."""
    try:
        return httpx.get(f"{url}/healthz", timeout=5, trust_env=False).is_success
    except httpx.TransportError:
        return False


def prefixed(console: Console) -> Callable[[str, str], None]:
    """Show a child's lines behind its name, each name in a colour of its own."""
    colours: dict[str, str] = {}

    def show(name: str, line: str) -> None:
        colour = colours.setdefault(name, COLOURS[len(colours) % len(COLOURS)])
        console.print(Text.assemble((f"{name:<12} | ", colour), line))

    return show
