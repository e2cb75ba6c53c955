"""That browsers may upload to the bucket and play from it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from uploads.bucket import wanted
from uploads.bucket.by_hand import s3api
from uploads.bucket.cors_order import comes_first
from uploads.bucket.item import Item, or_else
from uploads.stores import aws

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CORSRuleOutputTypeDef, CORSRuleTypeDef, CORSRuleUnionTypeDef


class Cors(Item["list[CORSRuleOutputTypeDef]"]):
    name = "CORS"
    without = "The store takes no CORS rules: allow the site's origin in the server's own configuration."

    def __init__(self, *, more_origins: Sequence[str]) -> None:
        self._origins = wanted.origins(settings.SITE_URL, [*settings.CSRF_TRUSTED_ORIGINS, *more_origins])

    def promise(self) -> str:
        return f"Pages of {', '.join(self._origins)} may upload and play."

    def read(self) -> "list[CORSRuleOutputTypeDef]":
        def ask() -> "list[CORSRuleOutputTypeDef]":
            return aws.s3().get_bucket_cors(Bucket=settings.S3_BUCKET)["CORSRules"]

        return or_else(ask, [], "NoSuchCORSConfiguration")

    def differs(self, found: "list[CORSRuleOutputTypeDef]") -> str:
        pages = ", ".join(self._origins)
        ours = wanted.cors_rule(self._origins)
        if not any(self._serves(rule) for rule in found):
            return f"No rule lets pages of {pages} upload and play."
        for rule in found:
            if self._serves(rule):
                break
            if comes_first(rule, origins=ours["AllowedOrigins"], methods=ours["AllowedMethods"]):
                name = rule.get("ID") or f"the one for {', '.join(rule['AllowedOrigins'])}"
                return f"Another rule comes before ours: {name}. The store would go by it for pages of {pages}."
        return ""

    def _serves(self, rule: "CORSRuleOutputTypeDef") -> bool:
        """Say whether a rule is as ours is; more origins, as of an earlier --origin, are fine."""
        ours = wanted.cors_rule(self._origins)
        return (
            set(rule.get("AllowedOrigins", [])) >= set(ours["AllowedOrigins"])
            and set(rule.get("AllowedMethods", [])) == set(ours["AllowedMethods"])
            and _names(rule.get("AllowedHeaders", [])) == _names(ours.get("AllowedHeaders", []))
            and _names(rule.get("ExposeHeaders", [])) == _names(ours.get("ExposeHeaders", []))
        )

    def write(self, found: "list[CORSRuleOutputTypeDef]") -> None:
        aws.s3().put_bucket_cors(Bucket=settings.S3_BUCKET, CORSConfiguration={"CORSRules": self._merged(found)})

    def commands(self, found: "list[CORSRuleOutputTypeDef]") -> tuple[str, ...]:
        return (s3api("put-bucket-cors", cors_configuration={"CORSRules": self._merged(found)}),)

    def addition(self) -> Mapping[str, object]:
        return {"CORSRules": [wanted.cors_rule(self._origins)]}

    def _merged(self, found: "list[CORSRuleOutputTypeDef]") -> "list[CORSRuleUnionTypeDef]":
        # A store goes by the first rule that fits: ours, or another would hide the headers that uploads need.
        ours: CORSRuleTypeDef = wanted.cors_rule(self._origins)
        return [ours, *(rule for rule in found if rule.get("ID") != wanted.OURS)]


def _names(headers: Sequence[str]) -> set[str]:
    return {header.lower() for header in headers}
