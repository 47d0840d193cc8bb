"""Default encryption of S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from typing_extensions import override

from pulumi_aws_standin.resource import Observed
from pulumi_aws_standin.resources.s3_bucket import MISSING
from pulumi_aws_standin.resources.s3_bucket_setting import BUCKET, BucketSetting
from pulumi_aws_standin.schema import Boolean, ListOf, Object, Property, String
from pulumi_aws_standin.values import as_object, as_objects, present

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


_DEFAULT: Final = Object(
    properties=(
        Property(
            name="sseAlgorithm",
            type=String(values=("AES256", "aws:kms", "aws:kms:dsse")),
            required=True,
        ),
        Property(name="kmsMasterKeyId", type=String()),
    )
)
_RULE: Final = Object(
    properties=(
        Property(name="applyServerSideEncryptionByDefault", type=_DEFAULT),
        Property(name="bucketKeyEnabled", type=Boolean(), default=False),
    )
)


class BucketServerSideEncryptionConfiguration(BucketSetting):
    """The default encryption of a bucket's new objects."""

    type_name: ClassVar[str] = (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    )
    properties = (
        BUCKET,
        Property(name="rules", type=ListOf(item=_RULE, minimum=1, ordered=False), required=True),
    )
    missing = (*MISSING, "ServerSideEncryptionConfigurationNotFoundError")
    # Every bucket has an encryption: after the deletion S3's default.
    vanishes = False

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        rules: list[Any] = [_rule(rule) for rule in as_objects(inputs["rules"])]
        session.s3.put_bucket_encryption(
            Bucket=identifier, ServerSideEncryptionConfiguration={"Rules": rules}
        )

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        answer = session.s3.get_bucket_encryption(Bucket=identifier)
        reported = answer["ServerSideEncryptionConfiguration"]["Rules"]
        rules = [_input(rule) for rule in reported]
        return Observed(inputs={"bucket": identifier, "rules": rules})

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.s3.delete_bucket_encryption(Bucket=identifier)


def _rule(rule: Mapping[str, object]) -> dict[str, object]:
    default = as_object(rule.get("applyServerSideEncryptionByDefault"))
    applied = present(
        {
            "SSEAlgorithm": default.get("sseAlgorithm"),
            "KMSMasterKeyID": default.get("kmsMasterKeyId"),
        }
    )
    return present(
        {
            "ApplyServerSideEncryptionByDefault": applied or None,
            "BucketKeyEnabled": rule["bucketKeyEnabled"],
        }
    )


def _input(rule: Mapping[str, Any]) -> dict[str, object]:
    default = rule.get("ApplyServerSideEncryptionByDefault")
    applied = default and present(
        {
            "sseAlgorithm": default["SSEAlgorithm"],
            "kmsMasterKeyId": default.get("KMSMasterKeyID"),
        }
    )
    return present(
        {
            "applyServerSideEncryptionByDefault": applied,
            "bucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
    )
