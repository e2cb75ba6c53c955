"""`manage.py up`: the whole site on this machine, until Ctrl-C."""

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console

from vidsite.running import prefixed, running_site
from vidsite.supervisor import stop_signals


class Command(BaseCommand):
    help = "Run the whole site on this machine: Redis, web, Celery workers and beat. Ctrl-C stops it."
    requires_system_checks = []  # they need the secret key, which this command makes

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="default: the setting PORT")
        parser.add_argument("--no-setup", action="store_true", help="skip migrate and collectstatic")
        parser.add_argument("--quiet", action="store_true", help="the children's output goes to var/log/ only")

    def handle(self, *, port: int | None, quiet: bool, no_setup: bool, **options: object) -> None:
        console = Console(highlight=False, markup=False, soft_wrap=True)
        show = None if quiet else prefixed(console)
        with (
            stop_signals() as asked_to_stop,
            running_site(self, port=port, setup=not no_setup, say=console.print, show=show) as site,
        ):
            console.print(f"The site runs at {site.url}/ (Ctrl-C stops it).")
            site.supervisor.run_until(asked_to_stop)
            console.print("Stopping.")
