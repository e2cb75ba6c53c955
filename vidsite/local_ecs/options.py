"""What the stand-in is told: secrets by the environment that it shares with the site, the rest on its command line."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from urllib.parse import urlsplit

from vidsite.local_ecs.orders import STOP_SECONDS

LOCALHOST = "127.0.0.1"


def read_options(arguments: list[str] | None = None) -> Namespace:
    """Read the command line and the environment; say what is wrong and exit when something is."""
    parser = ArgumentParser("python -m vidsite.local_ecs", description="An ECS whose tasks run on this machine.")
    parser.add_argument("--work-dir", type=Path, required=True, help="where tasks get a folder each")
    parser.add_argument(
        "--events-url", default="", help="where EventBridge would deliver, such as SITE_URL/hooks/ecs/"
    )
    parser.add_argument("--role", action="store_true", help="tasks get this machine's AWS credentials, as by a role")
    parser.add_argument("--provisioning-seconds", type=float, default=1.5, help="default: %(default)s")
    parser.add_argument("--pending-seconds", type=float, default=1.0, help="default: %(default)s")
    parser.add_argument(
        "--stop-timeout", type=int, default=STOP_SECONDS, help="from SIGTERM to SIGKILL; default: %(default)s"
    )
    options = parser.parse_args(arguments)
    options.url = os.environ.get("AWS_ENDPOINT_URL_ECS", "")
    options.event_secret = os.environ.get("ECS_EVENT_SECRETS", "").split(",")[0]
    address = urlsplit(options.url)
    if address.hostname != LOCALHOST or not address.port or len(address.path) < len("/key"):
        parser.error("Set AWS_ENDPOINT_URL_ECS to an address of this machine with a key, as http://127.0.0.1:8002/key")
    if options.events_url and not options.event_secret:
        parser.error("Set ECS_EVENT_SECRETS to what the site expects of EventBridge.")
    return options
