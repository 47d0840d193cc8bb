"""Every resource type that the stand-in provider implements, by its token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_aws_standin import dynamodb, iam, kinesis, lambda_, logs, qldb, s3, sqs

if TYPE_CHECKING:
    from pulumi_aws_standin.resource import Resource

_ALL: Final[tuple[Resource, ...]] = (
    dynamodb.Table(),
    iam.Role(),
    iam.RolePolicy(),
    kinesis.Stream(),
    lambda_.EventSourceMapping(),
    lambda_.Function(),
    logs.LogGroup(),
    qldb.Ledger(),
    qldb.Stream(),
    s3.Bucket(),
    s3.BucketLifecycleConfiguration(),
    s3.BucketNotification(),
    s3.BucketPolicy(),
    s3.BucketPublicAccessBlock(),
    s3.BucketServerSideEncryptionConfiguration(),
    sqs.Queue(),
    sqs.QueuePolicy(),
)

RESOURCES: Final = {resource.type_name: resource for resource in _ALL}
