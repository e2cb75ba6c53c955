"""What tasks need before there can be any: a network, a cluster and a task definition."""

import sys
from pathlib import Path

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ec2.models import ec2_backends
from moto.ecs.models import ecs_backends

from vidsite.local_ecs.names import CLUSTER, CONTAINER, FAMILY, REGION, SUBNET

ROOT = Path(__file__).resolve().parents[2]
CPU, MEMORY_MIB = 1024, 2048


def set_up(*, stop_seconds: int) -> None:
    """Make them, as deploy/aws/vidsite.yaml does; `stop_seconds` lie between SIGTERM and SIGKILL."""
    ec2 = ec2_backends[DEFAULT_ACCOUNT_ID][REGION]
    zone, subnet = next(iter(ec2.get_default_subnets().items()))
    # By a name that the site's settings can hold before it is made. Security groups moto makes as they are named.
    ec2.subnets[zone][SUBNET] = subnet
    ecs = ecs_backends[DEFAULT_ACCOUNT_ID][REGION]
    ecs.create_cluster(CLUSTER, capacity_providers=["FARGATE", "FARGATE_SPOT"])
    ecs.register_task_definition(
        FAMILY,
        [
            {
                "name": CONTAINER,
                "image": f"{FAMILY}:local",
                "essential": True,
                "entryPoint": [sys.executable, "-m", "transcoding.worker"],
                "workingDirectory": str(ROOT),
                "memoryReservation": MEMORY_MIB // 2,
                "stopTimeout": stop_seconds,
            }
        ],
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(CPU),
        memory=str(MEMORY_MIB),
    )
