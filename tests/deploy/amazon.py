"""What moto's CloudFormation lacks for the template: two resources that its API has, and what AWS::NoValue means.

To be imported before moto's server starts: it finds the resources itself.
"""

from typing import Any

from moto.cloudformation import parsing
from moto.core.common_models import CloudFormationModel
from moto.events.models import events_backends


class _Made:
    """What CloudFormation asks of either."""

    def __init__(self, arn: str) -> None:
        self.physical_resource_id = self.arn = arn

    def get_cfn_attribute(self, attribute_name: str) -> str:
        assert attribute_name == "Arn"
        return self.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return "Name"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    def is_created(self) -> bool:
        return True


class Connection(_Made, CloudFormationModel):
    """How EventBridge shows who it is."""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Events::Connection"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "Connection":
        asked = cloudformation_json["Properties"]
        made = events_backends[account_id][region_name].create_connection(
            name=resource_name,
            description=asked["Description"],
            authorization_type=asked["AuthorizationType"],
            auth_parameters=asked["AuthParameters"],
        )
        return cls(made.arn)


class ApiDestination(_Made, CloudFormationModel):
    """Where EventBridge sends to."""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Events::ApiDestination"

    @classmethod
    def create_from_cloudformation_json(
        cls, resource_name: str, cloudformation_json: dict[str, Any], account_id: str, region_name: str, **_: Any
    ) -> "ApiDestination":
        asked = cloudformation_json["Properties"]
        made = events_backends[account_id][region_name].create_api_destination(
            name=resource_name,
            description="",
            connection_arn=asked["ConnectionArn"],
            invocation_endpoint=asked["InvocationEndpoint"],
            invocation_rate_limit_per_second=asked["InvocationRateLimitPerSecond"],
            http_method=asked["HttpMethod"],
        )
        return cls(made["ApiDestinationArn"])


_cleaned = parsing.clean_json


def _without_nothing(resource_json: Any, resources_map: Any) -> Any:
    cleaned = _cleaned(resource_json, resources_map)
    return [one for one in cleaned if one is not None] if isinstance(cleaned, list) else cleaned


# It leaves a hole in a list for AWS::NoValue, where Amazon leaves nothing.
parsing.clean_json = _without_nothing
