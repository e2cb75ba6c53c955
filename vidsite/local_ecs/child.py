"""The stand-in as a process beside the site, and the settings that lead the site to it."""

import os
import secrets
import sys
from functools import partial
from importlib.util import find_spec
from urllib.request import getproxies_environment, proxy_bypass

from django.conf import settings

from uploads.stores import aws
from vidsite.local_ecs.names import SITE_SETTINGS, site_environment
from vidsite.local_ecs.options import LOCALHOST
from vidsite.supervisor import Child, SupervisorError, port_answers, require_free_port

MODULE = "vidsite.local_ecs"
NOBODYS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_SESSION_TOKEN": ""}
"""The SDK signs with something; the stand-in believes it. AWS does not, should a call ever go astray."""


def is_wanted() -> bool:
    """Say whether tasks are to be started, and no cluster is named."""
    return settings.LAUNCHER == "ecs" and not settings.ECS_CLUSTER


def local_ecs(*, port: int, site_url: str) -> Child:
    """Return it as a child, after leading to it this process and those that it starts.

    Only ECS is led elsewhere: with STORE=s3 the bucket and its credentials are what they were. Without a bucket
    nothing needs an account, and what the environment knows of one is not used.
    """
    if find_spec("moto") is None:
        raise SupervisorError(
            "The local ECS needs moto: .venv/bin/python -m pip install -r vidsite/local_ecs/requirements.txt; "
            "or set ECS_CLUSTER to a cluster on AWS."
        )
    require_free_port(LOCALHOST, port, for_what="the local ECS")
    secret = secrets.token_hex()
    environment = site_environment(port=port, key=secrets.token_hex(), event_secret=secret) | _past_proxies()
    if settings.STORE != "s3":
        environment |= NOBODYS
    # The settings were read before; the children will read them from the environment.
    os.environ.update(environment)
    for name, value in (SITE_SETTINGS | {"ECS_EVENT_SECRETS": [secret]}).items():
        setattr(settings, name, value)
    _require_led_to(environment["AWS_ENDPOINT_URL_ECS"])
    events = ("--events-url", f"{site_url}/hooks/ecs/")
    # Where the site names no keys for transcoders, they have the rights of the machine.
    role = ("--role",) if settings.STORE == "s3" and not settings.S3_WORKER_ACCESS_KEY_ID else ()
    return Child(
        name="ecs",
        argv=(sys.executable, "-m", MODULE, "--work-dir", str(settings.WORK_DIR / "ecs"), *events, *role),
        ready=partial(port_answers, LOCALHOST, port),
    )


def _past_proxies() -> dict[str, str]:
    """Return what keeps calls, with the key in their address, from a proxy that the environment names."""
    if proxy_bypass(LOCALHOST):
        return {}
    return {"no_proxy": ",".join(filter(None, (getproxies_environment().get("no"), LOCALHOST)))}


def _require_led_to(url: str) -> None:
    """Raise SupervisorError when the SDK would call AWS itself, where a task costs money."""
    try:
        called = aws.ecs().meta.endpoint_url
    except aws.AwsError as error:
        raise SupervisorError(f"The AWS SDK cannot be used as it is configured: {error}") from error
    if called != url:
        raise SupervisorError(
            f"The AWS SDK would call {called} instead of the local ECS. Unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS, "
            "and ignore_configured_endpoint_urls in the AWS profile; or set ECS_CLUSTER to a cluster on AWS."
        )
