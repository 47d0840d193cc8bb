"""Policies of S3 buckets."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from typing_extensions import override

from pulumi_aws_standin.quirks import from_emulator, policy_for_emulator
from pulumi_aws_standin.resource import Observed
from pulumi_aws_standin.resources.s3_bucket import MISSING
from pulumi_aws_standin.resources.s3_bucket_setting import BUCKET, BucketSetting
from pulumi_aws_standin.schema import Policy, Property, policy_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws_standin.resource import Known
    from pulumi_aws_standin.session import Session


class BucketPolicy(BucketSetting):
    """The policy of a bucket."""

    type_name: ClassVar[str] = "aws:s3/bucketPolicy:BucketPolicy"
    properties = (BUCKET, Property(name="policy", type=Policy(), required=True))
    missing = (*MISSING, "NoSuchBucketPolicy")

    @override
    def put(self, session: Session, identifier: str, inputs: Mapping[str, object]) -> None:
        session.s3.put_bucket_policy(
            Bucket=identifier, Policy=policy_for_emulator(policy_text(inputs["policy"]))
        )

    @override
    def read(self, session: Session, identifier: str, known: Known) -> Observed | None:
        policy = session.s3.get_bucket_policy(Bucket=identifier)["Policy"]
        return Observed(
            inputs={
                "bucket": identifier,
                "policy": from_emulator(policy),
            }
        )

    @override
    def delete(self, session: Session, identifier: str, known: Known) -> None:
        session.s3.delete_bucket_policy(Bucket=identifier)
