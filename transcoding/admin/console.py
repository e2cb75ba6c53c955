"""Where the AWS console shows an ECS task."""

import re

ARN = re.compile(
    r"arn:(?P<partition>aws[a-z-]*):ecs:(?P<region>[a-z0-9-]+):[0-9]+"
    r":task/(?P<cluster>[A-Za-z0-9_-]+)/(?P<task>[A-Za-z0-9-]+)"
)
HOSTS = {
    "aws": "{region}.console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def console_url(arn: str) -> str:
    """Return the console's page of a task, "" for what is no ARN of a task in a cluster.

    >>> console_url("arn:aws:ecs:eu-central-1:123456789012:task/films/0a1b2c")
    'https://eu-central-1.console.aws.amazon.com/ecs/v2/clusters/films/tasks/0a1b2c/configuration?region=eu-central-1'
    """
    found = ARN.fullmatch(arn)
    if found is None or found["partition"] not in HOSTS:
        return ""
    region, cluster, task = found["region"], found["cluster"], found["task"]
    host = HOSTS[found["partition"]].format(region=region)
    return f"https://{host}/ecs/v2/clusters/{cluster}/tasks/{task}/configuration?region={region}"
