"""Who may what: no right reaches further than what it is for."""

import json
import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from tests.deploy.template import GIVEN, ROOT, resolved

TAKE_NO_ARN = {"ecr:GetAuthorizationToken"}
"""The actions that Amazon allows on everything or not at all."""
CHOICES = [
    {"ObjectEvents": events, "SiteRunsOn": site, "TranscoderImage": image}
    for events, site, image in product(("eventbridge", "sns"), ("elsewhere", "ec2", "ecs"), ("", "public/image:1"))
]
MANUAL = ROOT / "docs" / "object-storage.md"


def policies(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every policy that gives rights, with whose it is."""
    for name, resource in resources.items():
        properties = resource["Properties"]
        for policy in properties.get("Policies", []):
            yield name, policy["PolicyDocument"]
        if "PolicyDocument" in properties:
            yield name, properties["PolicyDocument"]


def statements(name: str, **parameters: str) -> list[dict[str, Any]]:
    return [one for owner, policy in policies(resolved(**parameters)) if owner == name for one in policy["Statement"]]


def listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


def documented(after: str) -> list[dict[str, Any]]:
    """Return the statements of the first policy that follows these words in the manual, for our bucket."""
    found = re.search(r"```json\n(.*?)```", MANUAL.read_text().split(after, 1)[1], re.DOTALL)
    assert found
    rights: list[dict[str, Any]] = json.loads(found[1].replace("BUCKET", GIVEN["BucketName"]))["Statement"]
    return rights


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice.values()))
def test_no_right_is_given_on_everything_where_it_could_be_on_something(choice: dict[str, str]) -> None:
    for owner, policy in policies(resolved(**choice)):
        for one in policy["Statement"]:
            if one["Effect"] == "Deny":
                continue
            actions, resources = listed(one["Action"]), listed(one["Resource"])
            assert not [action for action in actions if "*" in action], f"{owner} may do {actions}"
            if not set(actions) <= TAKE_NO_ARN:
                for resource in resources:
                    named = re.fullmatch(r"arn:aws:[a-z0-9]+:[^:*]*:[^:*]*:[^*:]+.*", resource)
                    assert named or re.fullmatch(r"<\w+(\.Arn)?>", resource), f"{owner} may {actions} on {resource}"


def test_a_star_in_a_resource_stands_behind_the_name_of_what_is_ours() -> None:
    starred = {
        resource
        for _, policy in policies(resolved())
        for one in policy["Statement"]
        if one["Effect"] == "Allow"
        for resource in listed(one["Resource"])
        if "*" in resource
    } - {"*"}
    assert starred
    for resource in starred:
        assert re.search(r"(media\.example\.org|vidsite-transcoder|<Cluster>)[/:].*\*$", resource), resource


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: "-".join(choice.values()))
def test_a_role_is_taken_only_by_the_service_it_is_for(choice: dict[str, str]) -> None:
    roles = {name: one for name, one in resolved(**choice).items() if one["Type"] == "AWS::IAM::Role"}
    takers = {
        name: statement["Principal"]
        for name, one in roles.items()
        for statement in one["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    }
    site = {"elsewhere": None, "ec2": "ec2", "ecs": "ecs-tasks"}[choice["SiteRunsOn"]]
    services = {"EventsRole": "events", "ExecutionRole": "ecs-tasks", "TaskRole": "ecs-tasks"}
    services |= {"SiteRole": site} if site else {}
    assert takers == {name: {"Service": f"{service}.amazonaws.com"} for name, service in services.items()}


def test_a_transcoder_may_do_what_the_manual_says_and_nothing_else() -> None:
    assert statements("TaskRole") == documented("The transcoder.")


def test_the_site_may_do_with_its_bucket_what_the_manual_says_and_nothing_else() -> None:
    on_bucket = [one for one in statements("SitePolicy") if any(":s3:::" in arn for arn in listed(one["Resource"]))]
    assert on_bucket == documented("The site.")


def on_tasks() -> dict[str, dict[str, Any]]:
    """Return the statement of each right of the site that is not on the bucket."""
    return {
        action: one
        for one in statements("SitePolicy")
        for action in listed(one["Action"])
        if not action.startswith("s3:")
    }


def test_the_site_may_call_of_ecs_what_it_calls_and_nothing_else() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "transcoding").rglob("*.py"))
    called = {f"ecs:{name.title().replace('_', '')}" for name in re.findall(r"\baws\.ecs\(\)\.([a-z_]+)\(", sources)}
    # The tags of a task are given when it is started, and are a right of their own.
    assert set(on_tasks()) == called | {"ecs:TagResource", "iam:PassRole"}


def test_the_site_starts_and_stops_tasks_of_its_own_cluster_and_task_definition_alone() -> None:
    for action in ("ecs:RunTask", "ecs:StopTask", "ecs:DescribeTasks", "ecs:ListTasks"):
        assert on_tasks()[action]["Condition"] == {"ArnEquals": {"ecs:cluster": "<Cluster.Arn>"}}
    assert on_tasks()["ecs:RunTask"]["Resource"].endswith(":task-definition/vidsite-transcoder:*")
    assert on_tasks()["ecs:TagResource"]["Condition"] == {"StringEquals": {"ecs:CreateAction": "RunTask"}}


def test_the_site_gives_tasks_their_two_roles_and_no_other() -> None:
    given = on_tasks()["iam:PassRole"]
    assert given["Resource"] == ["<TaskRole.Arn>", "<ExecutionRole.Arn>"]
    assert given["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_with_sns_the_site_may_confirm_the_subscription_to_its_own_topic() -> None:
    (one,) = [one for one in statements("SitePolicy", ObjectEvents="sns") if "sns" in str(one["Action"])]
    assert (one["Action"], one["Resource"]) == ("sns:ConfirmSubscription", "<Topic>")


def test_an_image_from_elsewhere_needs_no_rights_on_a_repository() -> None:
    given = statements("ExecutionRole", TranscoderImage="public/image:1")
    assert [one["Action"] for one in given] == [["logs:CreateLogStream", "logs:PutLogEvents"]]


def test_the_bucket_is_read_and_written_by_tls_alone() -> None:
    (one,) = statements("BucketPolicy")
    assert (one["Effect"], one["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
