"""An Amazon for the stack: moto's server, which makes what the template says but runs nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from tests.deploy.template import AMAZON, GIVEN, TEMPLATE
from tests.environment import free_port
from tests.moto_server import moto_server
from tests.uploads.events.queues import ACCOUNT

REGION = AMAZON["AWS::Region"]
SERVER = "import sys, moto.server, tests.deploy.amazon; moto.server.main(sys.argv[1:])"
Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def amazon() -> Iterator[Client]:
    """Give clients of an Amazon of this session's own."""
    port = free_port()
    with moto_server(port, program=("-c", SERVER)):

        def client(service: str) -> Any:
            return boto3.client(  # type: ignore[call-overload]  # the service's name is known only here
                service, endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
                aws_access_key_id=ACCOUNT["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=ACCOUNT["AWS_SECRET_ACCESS_KEY"],
            )  # fmt: skip

        yield client


@pytest.fixture(scope="session")
def network(amazon: Client) -> dict[str, str]:
    """A network with two subnets, as parameters of the template."""
    ec2 = amazon("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    # moto runs no task where names are not given to machines.
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"] for number in range(2)
    ]
    return {"VpcId": vpc, "SubnetIds": ",".join(subnets)}


@pytest.fixture(scope="session")
def deployed(amazon: Client, network: dict[str, str]) -> Callable[..., dict[str, Any]]:
    """Deploy the template with these parameters; give the stack as CloudFormation describes it."""
    made: list[str] = []

    def deploy(**parameters: str) -> dict[str, Any]:
        name = f"vidsite-{len(made)}"
        made.append(name)
        values = GIVEN | network | {"BucketName": f"{name}.example.org"} | parameters
        cloudformation = amazon("cloudformation")
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=TEMPLATE.read_text(),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
        found: dict[str, Any] = stack
        return found

    return deploy


@pytest.fixture(scope="session")
def stack(deployed: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The stack with nothing but what must be given."""
    return deployed()
