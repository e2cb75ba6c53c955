"""What the stand-in calls its things, and the settings that lead a site to it."""

CLUSTER = "vidsite-local"
FAMILY = "vidsite-transcoder"
CONTAINER = "transcoder"
REGION = "us-east-1"
SUBNET, SECURITY_GROUP = "subnet-local", "sg-local"

SITE_SETTINGS: dict[str, str | list[str]] = {
    "ECS_CLUSTER": CLUSTER,
    "ECS_TASK_DEFINITION": FAMILY,
    "ECS_CONTAINER": CONTAINER,
    "ECS_REGION": REGION,
    "ECS_LAUNCH_TYPE": "FARGATE",
    "ECS_CAPACITY_PROVIDERS": [],
    "ECS_SUBNETS": [SUBNET],
    "ECS_SECURITY_GROUPS": [SECURITY_GROUP],
}


def site_environment(*, port: int, key: str, event_secret: str) -> dict[str, str]:
    """Return what a site and the stand-in need in their environment to find and know each other.

    `key` is a part of the address that nobody guesses: who may call the stand-in runs programs as its user.
    """
    settings = {name: value if isinstance(value, str) else ",".join(value) for name, value in SITE_SETTINGS.items()}
    return settings | {
        "AWS_ENDPOINT_URL_ECS": f"http://127.0.0.1:{port}/{key}",
        "ECS_EVENT_SECRETS": event_secret,
    }
