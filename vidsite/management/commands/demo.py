"""`manage.py demo`: the whole site on this machine, and a video sent through it like a browser does."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from vidsite.demo.clip import demo_clip
from vidsite.demo.display import display_on
from vidsite.demo.run import Result, run_demo
from vidsite.demo.summary import summary
from vidsite.prepare import demo_user
from vidsite.running import RunningSite, running_site
from vidsite.supervisor import LOOK_SECONDS, stop_signals


class Command(BaseCommand):
    help = "Run the whole site on this machine, upload a video to it and show how it becomes playable."
    requires_system_checks = []  # they need the secret key, which this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", help="the video to upload; default: a clip of 30 s, made now")
        parser.add_argument("--port", type=int, help="default: the setting PORT")
        parser.add_argument("--exit", action="store_true", help="stop after the result; exit status 0 if all is well")

    def handle(self, *, file: str | None, port: int | None, **options: object) -> None:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        video = Path(file).expanduser() if file else None
        if video and not video.is_file():
            raise CommandError(f"There is no file {video}.")
        with (
            stop_signals() as asked_to_stop,
            running_site(self, port=port, own_bucket=True, own_ecs=True, say=console.print) as site,
        ):
            console.print(f"The site runs at {site.url}/; what it says is in {settings.VAR_DIR / 'log'}/.")
            user = demo_user(settings.VAR_DIR)
            video = video or demo_clip(settings.VAR_DIR / "demo")
            console.print(f"Uploading {video.name} as {user[0]}.")
            work = run_demo(site.url, user, video, display_on(console), settings.VAR_DIR / "demo")
            result = asyncio.run(_beside(site, asked_to_stop, work))
            if result is not None:
                console.print(*summary(result, site.url, user), sep="\n")
            if not options["exit"] and not asked_to_stop():
                console.print("The site goes on running; Ctrl-C stops it.")
                site.supervisor.run_until(asked_to_stop)
            console.print("Stopping.")
        if options["exit"] and not (result and result.good):
            raise CommandError("The demo did not end well.")


async def _beside(
    site: RunningSite, asked_to_stop: Callable[[], bool], work: Coroutine[Any, Any, Result]
) -> Result | None:
    """Await the work while the supervisor looks after its children; Ctrl-C ends it without a result."""
    task = asyncio.create_task(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_SECONDS)
            site.supervisor.tick()
            if asked_to_stop():
                return None
        return await task
    finally:
        task.cancel()
