"""What makes a bucket private: no public access, TLS only, encryption, and an end for its objects.

Its resources belong to the component of the bucket, and have the bucket's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.iam import only_over_tls, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.component import Component

_MULTIPART_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """How a bucket keeps its objects.

    Attributes
    ----------
    key_arn
        The key that encrypts them; empty for one of S3.
    rule
        Name of the rule that ends them.
    days
        Days after which they expire.
    retain_on_delete
        Whether all this stays when the stack gives the bucket up.
    """

    key_arn: str
    rule: str
    days: int
    retain_on_delete: bool = False


def keep_private(component: Component, name: str, bucket: aws.s3.Bucket, privacy: Privacy) -> None:
    """Add what makes a bucket private.

    Parameters
    ----------
    component
        The component of the bucket.
    name
        Name of the bucket's resource.
    bucket
        The bucket.
    privacy
        How it keeps its objects.
    """

    def options(*, depends_on: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return component.child(depends_on=depends_on, retain_on_delete=privacy.retain_on_delete)

    public_access = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=options(),
    )
    aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=policy(
            only_over_tls("s3:*", [bucket.arn, pulumi.Output.format("{0}/*", bucket.arn)])
        ),
        # S3 refuses concurrent calls of this kind with OperationAborted.
        opts=options(depends_on=[public_access]),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[_encryption(privacy.key_arn)], opts=options()
    )
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.bucket,
        rules=[
            {
                "id": privacy.rule,
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": privacy.days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": _MULTIPART_DAYS},
            }
        ],
        opts=options(),
    )


def _encryption(key_arn: str) -> Any:  # noqa: ANN401 (a dictionary of the provider's)
    if not key_arn:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": key_arn,
        },
        # One request to KMS for many objects (S3 user guide, "Amazon S3 Bucket Keys").
        "bucket_key_enabled": True,
    }
