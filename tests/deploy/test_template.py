"""The CloudFormation template: what it says of itself, and what the bucket gets."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.deploy.template import GIVEN, ROOT, TEMPLATE, document, resolved
from uploads.bucket.policies import has_statement, statement
from uploads.bucket.wanted import cors_rule, lifecycle_rules, to_topic, topic_name

ENVIRONMENT = re.compile(r'env\.[a-z_]+\(\s*"([A-Z0-9_]+)"')


def bucket(**parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = resolved(**parameters)["Bucket"]["Properties"]
    return found


def test_cfn_lint_has_nothing_to_say() -> None:
    program = Path(sys.executable).with_name("cfn-lint")
    said = subprocess.run([program, "--format", "parseable", TEMPLATE], capture_output=True, text=True, check=False)
    assert (said.stdout + said.stderr, said.returncode) == ("", 0)


def test_every_parameter_says_what_it_is_and_most_have_a_default() -> None:
    parameters = document()["Parameters"]
    assert [name for name, one in parameters.items() if not one.get("Description")] == []
    assert {name for name, one in parameters.items() if "Default" not in one} == set(GIVEN)


def test_the_secret_is_not_shown_by_who_describes_the_stack() -> None:
    assert document()["Parameters"]["EventSecret"]["NoEcho"] is True
    assert GIVEN["EventSecret"] not in str(resolved("Outputs"))


@pytest.mark.parametrize("way", ["eventbridge", "sns"])
def test_the_outputs_are_settings_that_the_site_reads(way: str) -> None:
    outputs = resolved("Outputs", ObjectEvents=way)
    named = {one["Description"] for name, one in outputs.items() if name.startswith("Env")}
    assert named - set(ENVIRONMENT.findall((ROOT / "vidsite" / "settings.py").read_text())) == set()
    always = {
        "STORE", "S3_BUCKET", "S3_REGION", "S3_EVENTS", "LAUNCHER", "ECS_REGION", "ECS_CLUSTER",
        "ECS_TASK_DEFINITION", "ECS_CONTAINER", "ECS_SUBNETS", "ECS_SECURITY_GROUPS", "ECS_ASSIGN_PUBLIC_IP",
        "ECS_CAPACITY_PROVIDERS",
    }  # fmt: skip
    assert named == always | ({"S3_EVENT_TOPIC_ARNS"} if way == "sns" else set())


def test_the_names_of_settings_are_also_those_of_the_outputs() -> None:
    for name, one in document()["Outputs"].items():
        if name.startswith("Env"):
            words = re.findall(r"[A-Z][a-z0-9]*", name.removeprefix("Env"))
            assert "_".join(words).upper() == one["Description"]


def test_the_bucket_gets_the_cors_rule_of_s3_setup() -> None:
    (rule,) = bucket()["CorsConfiguration"]["CorsRules"]
    assert as_the_api_says_it(rule) == cors_rule([GIVEN["SiteUrl"]])


def test_more_origins_come_after_the_sites_own() -> None:
    more = "https://a.example,https://b.example"
    (rule,) = bucket(MoreOrigins=more)["CorsConfiguration"]["CorsRules"]
    assert as_the_api_says_it(rule) == cors_rule([GIVEN["SiteUrl"], *more.split(",")])


def as_the_api_says_it(rule: dict[str, Any]) -> dict[str, Any]:
    names = {"Id": "ID", "ExposedHeaders": "ExposeHeaders", "MaxAge": "MaxAgeSeconds"}
    return {names.get(name, name): value for name, value in rule.items()}


def test_the_bucket_gets_the_lifecycle_of_s3_setup_with_the_sites_defaults() -> None:
    abort, rejected = bucket()["LifecycleConfiguration"]["Rules"]
    wanted_abort, wanted_rejected = lifecycle_rules(
        upload_expiry_seconds=settings.UPLOAD_EXPIRY_SECONDS,
        rejected_source_seconds=settings.REJECTED_SOURCE_SECONDS,
    )
    assert wanted_abort == {
        "ID": abort["Id"],
        "Status": abort["Status"],
        "Filter": {"Prefix": abort["Prefix"]},
        "AbortIncompleteMultipartUpload": abort["AbortIncompleteMultipartUpload"],
    }
    assert wanted_rejected == {
        "ID": rejected["Id"],
        "Status": rejected["Status"],
        "Filter": {"And": {"Prefix": rejected["Prefix"], "Tags": rejected["TagFilters"]}},
        "Expiration": {"Days": rejected["ExpirationInDays"]},
    }


def test_a_bucket_that_keeps_versions_lets_the_old_ones_go_in_the_end() -> None:
    assert "VersioningConfiguration" not in bucket()
    kept = bucket(BucketVersions="yes", OldVersionDays="9")
    assert kept["VersioningConfiguration"] == {"Status": "Enabled"}
    assert kept["LifecycleConfiguration"]["Rules"][2]["NoncurrentVersionExpiration"] == {"NoncurrentDays": "9"}


def test_the_bucket_is_closed_and_encrypted_and_outlives_the_stack() -> None:
    resource = resolved()["Bucket"]
    assert set(resource["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in resource["Properties"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_with_sns_the_bucket_tells_the_topic_what_s3_setup_has_it_tell() -> None:
    (found,) = bucket(ObjectEvents="sns")["NotificationConfiguration"]["TopicConfigurations"]
    (wanted,) = to_topic("<Topic>")["TopicConfigurations"]
    assert wanted == {
        "Id": "vidsite",
        "TopicArn": found["Topic"],
        "Events": [found["Event"]],
        "Filter": {"Key": {"FilterRules": found["Filter"]["S3Key"]["Rules"]}},
    }


def test_with_sns_s3_setup_finds_its_topic_and_its_policy_as_it_would_have_made_them() -> None:
    resources, name = resolved(ObjectEvents="sns"), GIVEN["BucketName"]
    assert resources["Topic"]["Properties"]["TopicName"] == topic_name(name)
    arn = f"arn:aws:sns:eu-west-1:123456789012:{topic_name(name)}"
    policy = resources["TopicPolicy"]["Properties"]["PolicyDocument"]
    (ours,) = policy["Statement"]
    assert has_statement(
        {**policy, "Statement": [{**ours, "Resource": arn}]}, statement(action="sns:Publish", arn=arn, bucket=name)
    )


def test_with_sns_the_site_is_subscribed_only_when_it_can_confirm() -> None:
    assert "Subscription" not in resolved(ObjectEvents="sns")
    subscription = resolved(ObjectEvents="sns", SubscribeSite="yes")["Subscription"]["Properties"]
    assert subscription["Endpoint"] == "https://video.example.org/hooks/s3/"
    assert subscription["RawMessageDelivery"] is False
    assert subscription["RedrivePolicy"] == {"deadLetterTargetArn": "<DeadLetters.Arn>"}


def test_with_eventbridge_no_topic_is_made_and_new_sources_alone_are_told() -> None:
    resources = resolved()
    assert not {"Topic", "TopicPolicy", "Subscription"} & set(resources)
    assert resources["ObjectRule"]["Properties"]["EventPattern"]["detail"] == {
        "bucket": {"name": [GIVEN["BucketName"]]},
        "object": {"key": [{"prefix": "sources/"}]},
    }
    assert resources["ObjectDestination"]["Properties"]["InvocationEndpoint"].endswith(".org/hooks/s3/")


@pytest.mark.parametrize("way", ["eventbridge", "sns"])
def test_what_becomes_of_tasks_is_told_whichever_way_objects_are(way: str) -> None:
    resources = resolved(ObjectEvents=way)
    assert resources["TaskDestination"]["Properties"]["InvocationEndpoint"] == "https://video.example.org/hooks/ecs/"
    assert resources["TaskRule"]["Properties"]["EventPattern"]["detail"] == {"clusterArn": ["<Cluster.Arn>"]}
    key = resources["SiteConnection"]["Properties"]["AuthParameters"]["ApiKeyAuthParameters"]
    assert key == {"ApiKeyName": "X-Api-Key", "ApiKeyValue": GIVEN["EventSecret"]}


@pytest.mark.parametrize("way", ["eventbridge", "sns"])
def test_what_cannot_be_delivered_is_kept(way: str) -> None:
    rules = [one for one in resolved(ObjectEvents=way).values() if one["Type"] == "AWS::Events::Rule"]
    targets = [target for rule in rules for target in rule["Properties"]["Targets"]]
    assert targets
    assert all(target["DeadLetterConfig"] == {"Arn": "<DeadLetters.Arn>"} for target in targets)


def test_a_transcoder_gets_a_disk_to_write_to_and_nothing_else() -> None:
    task = resolved()["TaskDefinition"]["Properties"]
    (container,) = task["ContainerDefinitions"]
    assert container["ReadonlyRootFilesystem"] is True
    (mount,) = container["MountPoints"]
    (directory,) = container["Environment"]
    assert mount["SourceVolume"] == task["Volumes"][0]["Name"]
    assert mount["ContainerPath"] == directory["Value"]
    assert directory["Name"] == "VIDSITE_WORK_DIR"


def test_a_transcoder_has_the_time_to_say_that_it_was_stopped() -> None:
    (container,) = resolved()["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert container["StopTimeout"] == 120
    assert container["LinuxParameters"]["InitProcessEnabled"] is True


def test_a_task_that_is_given_more_memory_can_use_it() -> None:
    (container,) = resolved()["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    assert not {"Memory", "Cpu"} & set(container)


def test_nobody_reaches_a_transcoder() -> None:
    group = resolved(ReportPort="8443")["SecurityGroup"]["Properties"]
    assert "SecurityGroupIngress" not in group
    assert {rule["FromPort"] for rule in group["SecurityGroupEgress"]} == {443, "8443"}
