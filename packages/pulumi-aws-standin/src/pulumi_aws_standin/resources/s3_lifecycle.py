"""Lifecycle rules of S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.resource import Observed
from pulumi_aws_standin.resources.s3_bucket import MISSING
from pulumi_aws_standin.resources.s3_bucket_setting import BUCKET, BucketSetting
from pulumi_aws_standin.schema import Boolean, Integer, ListOf, Object, Problem, Property, String
from pulumi_aws_standin.values import as_object, as_objects, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


_ACTIONS: Final = {
    "expiration": Object(
        properties=(
            Property(name="days", type=Integer(minimum=1)),
            Property(name="expiredObjectDeleteMarker", type=Boolean()),
        )
    ),
    "abortIncompleteMultipartUpload": Object(
        properties=(Property(name="daysAfterInitiation", type=Integer(minimum=1), required=True),)
    ),
    "noncurrentVersionExpiration": Object(
        properties=(
            Property(name="noncurrentDays", type=Integer(minimum=1), required=True),
            Property(name="newerNoncurrentVersions", type=Integer(minimum=1, maximum=100)),
        )
    ),
}
_FILTER: Final = Object(properties=(Property(name="prefix", type=String()),))
_RULE: Final = Object(
    properties=(
        Property(name="id", type=String(pattern=r"(?s).{1,255}"), required=True),
        Property(name="status", type=String(values=("Enabled", "Disabled")), required=True),
        Property(name="filter", type=_FILTER),
        *(Property(name=name, type=action) for name, action in _ACTIONS.items()),
    )
)


class BucketLifecycleConfiguration(BucketSetting):
    """The lifecycle rules of a bucket."""

    type_name: ClassVar[str] = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    properties = (
        BUCKET,
        Property(name="rules", type=ListOf(item=_RULE, minimum=1), required=True),
    )
    missing = (*MISSING, "NoSuchLifecycleConfiguration")

    @override
    def validate(self, inputs: Mapping[str, object]) -> Iterator[Problem]:
        for index, rule in enumerate(as_objects(inputs["rules"])):
            if isinstance(rule, dict) and not any(rule.get(action) for action in _ACTIONS):
                yield Problem(f"rules[{index}]", f"needs one of {', '.join(_ACTIONS)}")

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        rules: list[Any] = [_rule(rule) for rule in as_objects(inputs["rules"])]
        session.s3.put_bucket_lifecycle_configuration(
            Bucket=identifier, LifecycleConfiguration={"Rules": rules}
        )

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        answer = session.s3.get_bucket_lifecycle_configuration(Bucket=identifier)
        rules = [_input(rule) for rule in answer["Rules"]]
        return Observed(inputs={"bucket": identifier, "rules": rules})

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.s3.delete_bucket_lifecycle(Bucket=identifier)


def _rule(rule: Mapping[str, object]) -> dict[str, object]:
    expiration = as_object(rule.get("expiration"))
    abort = as_object(rule.get("abortIncompleteMultipartUpload"))
    noncurrent = as_object(rule.get("noncurrentVersionExpiration"))
    return {
        "ID": rule["id"],
        "Status": rule["status"],
        "Filter": {"Prefix": as_object(rule.get("filter")).get("prefix") or ""},
        **_named(
            "Expiration",
            {
                "Days": expiration.get("days"),
                "ExpiredObjectDeleteMarker": expiration.get("expiredObjectDeleteMarker"),
            },
        ),
        **_named(
            "AbortIncompleteMultipartUpload",
            {"DaysAfterInitiation": abort.get("daysAfterInitiation")},
        ),
        **_named(
            "NoncurrentVersionExpiration",
            {
                "NoncurrentDays": noncurrent.get("noncurrentDays"),
                "NewerNoncurrentVersions": noncurrent.get("newerNoncurrentVersions"),
            },
        ),
    }


def _input(rule: Mapping[str, Any]) -> dict[str, object]:
    expiration = rule.get("Expiration", {})
    abort = rule.get("AbortIncompleteMultipartUpload", {})
    noncurrent = rule.get("NoncurrentVersionExpiration", {})
    return {
        "id": rule.get("ID", ""),
        "status": rule["Status"],
        **_named("filter", {"prefix": rule.get("Filter", {}).get("Prefix") or None}),
        **_named(
            "expiration",
            {
                "days": expiration.get("Days"),
                "expiredObjectDeleteMarker": expiration.get("ExpiredObjectDeleteMarker"),
            },
        ),
        **_named(
            "abortIncompleteMultipartUpload",
            {"daysAfterInitiation": abort.get("DaysAfterInitiation")},
        ),
        **_named(
            "noncurrentVersionExpiration",
            {
                "noncurrentDays": noncurrent.get("NoncurrentDays"),
                "newerNoncurrentVersions": noncurrent.get("NewerNoncurrentVersions"),
            },
        ),
    }


def _named(name: str, values: Mapping[str, object]) -> dict[str, object]:
    given = present(values)
    return {name: given} if given else {}
