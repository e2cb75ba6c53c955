"""What the site wants of its bucket, in the shapes of the API: settings in, dicts out, nobody is asked."""

from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from uploads.keys import SOURCES

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import (
        CORSRuleTypeDef,
        LifecycleRuleTypeDef,
        NotificationConfigurationFilterTypeDef,
        NotificationConfigurationTypeDef,
    )

OURS = "vidsite"
"""The id of our CORS rule and notification, and how those of our topics and statements begin; nothing else is ours."""
ABORT_RULE, REJECTED_RULE = "vidsite-abort-uploads", "vidsite-rejected-sources"
PREFLIGHT_SECONDS = 3600
DAY_SECONDS = 24 * 3600
DEFAULT_PORTS = {"http": 80, "https": 443}


def is_aws(endpoint_url: str) -> bool:
    """Whether the bucket's server is Amazon's own.

    >>> is_aws(""), is_aws("https://s3.cn-north-1.amazonaws.com.cn"), is_aws("https://s3.example.org")
    (True, True, False)
    """
    host = urlsplit(endpoint_url).hostname or ""
    return not endpoint_url or host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def origin_of(url: str) -> str:
    """Return what a browser sends as Origin from a page of this address.

    >>> origin_of("https://Video.example.org:443/library/?page=2"), origin_of("http://[::1]:8000")
    ('https://video.example.org', 'http://[::1]:8000')
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, DEFAULT_PORTS.get(parts.scheme)} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def origins(site_url: str, more: Iterable[str]) -> list[str]:
    """Return every origin whose pages upload and play, the site's own first.

    >>> origins("https://a.example/", ["https://*.b.example", "https://A.example:443"])
    ['https://a.example', 'https://*.b.example']
    """
    return list(dict.fromkeys(origin_of(url) for url in [site_url, *more]))


def cors_rule(allowed: list[str]) -> "CORSRuleTypeDef":
    """Return the rule that lets pages of these origins send parts and forms, and play segments."""
    return {
        "ID": OURS,
        "AllowedOrigins": allowed,
        "AllowedMethods": ["GET", "HEAD", "PUT", "POST"],
        "AllowedHeaders": ["content-type", "if-none-match", "range"],
        "ExposeHeaders": ["ETag", "Content-Range", "Accept-Ranges"],
        "MaxAgeSeconds": PREFLIGHT_SECONDS,
    }


def lifecycle_rules(*, upload_expiry_seconds: int, rejected_source_seconds: int) -> list["LifecycleRuleTypeDef"]:
    """Return the rules by which the store itself removes what the site's sweep did not.

    The store counts whole days and acts at the midnight after: never before the site gives the thing up.

    >>> abort, rejected = lifecycle_rules(upload_expiry_seconds=86401, rejected_source_seconds=60)
    >>> abort["AbortIncompleteMultipartUpload"], rejected["Expiration"]
    ({'DaysAfterInitiation': 2}, {'Days': 2})
    """
    return [
        {
            "ID": ABORT_RULE,
            "Status": "Enabled",
            "Filter": {"Prefix": SOURCES},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _days(upload_expiry_seconds)},
        },
        {
            "ID": REJECTED_RULE,
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": SOURCES, "Tags": [{"Key": "vidsite", "Value": "rejected"}]}},
            "Expiration": {"Days": _days(rejected_source_seconds) + 1},
        },
    ]


def _days(seconds: int) -> int:
    return max(1, -(-seconds // DAY_SECONDS))


def to_topic(arn: str) -> "NotificationConfigurationTypeDef":
    """Return the notification of new sources by an SNS topic, Amazon's or Ceph's."""
    return {
        "TopicConfigurations": [
            {"Id": OURS, "TopicArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": _sources_only()}
        ]
    }


def to_queue(arn: str) -> "NotificationConfigurationTypeDef":
    """Return the notification of new sources by an SQS queue, or by what MinIO calls one."""
    return {
        "QueueConfigurations": [
            {"Id": OURS, "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": _sources_only()}
        ]
    }


def _sources_only() -> "NotificationConfigurationFilterTypeDef":
    return {"Key": {"FilterRules": [{"Name": "prefix", "Value": SOURCES}]}}


def topic_name(bucket: str) -> str:
    """Return the name of the topic that is made for a bucket; a dot is not allowed in one.

    >>> topic_name("media.example.org")
    'vidsite-media-example-org'
    """
    return f"{OURS}-{bucket.replace('.', '-')}"


def names_queue(url: str) -> bool:
    """Whether this can be the URL of an SQS queue, whose last two words are its account and its name.

    >>> names_queue("https://sqs.eu-west-1.amazonaws.com/123456789012/sources"), names_queue("https://host/sources")
    (True, False)
    """
    return len(_account_and_name(url)) == 2  # noqa: PLR2004 — account and name


def _account_and_name(url: str) -> list[str]:
    return urlsplit(url).path.strip("/").split("/")[-2:]


def queue_arn(url: str, region: str) -> str:
    """Return the name by which S3 knows an SQS queue, from its URL.

    >>> queue_arn("https://sqs.cn-north-1.amazonaws.com.cn/123456789012/sources", "cn-north-1")
    'arn:aws-cn:sqs:cn-north-1:123456789012:sources'
    """
    account, name = _account_and_name(url)
    partition = {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")
    return f"arn:{partition}:sqs:{region}:{account}:{name}"
