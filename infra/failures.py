"""Dead letters: a bucket for what could not be applied, with a queue that lists its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
from pydantic import Field

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from infra.component import Component
from infra.iam import policy
from infra.section import Boolean, Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

_QUEUE_RETENTION_SECONDS = 14 * 24 * 60 * 60
"""The maximum that SQS allows (SQS developer guide, "Message quotas")."""

_VISIBILITY_SECONDS = 300
"""Time to apply the object of one message before another reader receives the message."""

_MULTIPART_DAYS = 7


class FailuresSettings(Section):
    """Settings of the failure bucket.

    Attributes
    ----------
    failure_retention_days
        Days after which an object expires.
    deletion_protection
        Whether the bucket refuses to be deleted while it holds objects.
    """

    # S3's lifecycle rules hold the days as a signed 32-bit integer.
    failure_retention_days: Integer = Field(ge=1, le=2**31 - 1)
    deletion_protection: Boolean


class Failures(Component):
    """Destination of records that could not be applied.

    Produces a private, encrypted bucket for the payloads, and a queue that is notified of each new
    object.
    """

    bucket: aws.s3.Bucket
    queue: aws.sqs.Queue

    notification: aws.s3.BucketNotification
    """Until it exists, objects reach the bucket without a message on the queue."""

    def __init__(
        self,
        name: str,
        settings: FailuresSettings,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("Failures", name, tags=tags, opts=opts)
        self.bucket = aws.s3.Bucket(
            name,
            force_destroy=not settings.deletion_protection,
            tags=self.tags,
            # A bucket with objects refuses late, when most of the stack is deleted already.
            opts=self.child(protect=settings.deletion_protection),
        )
        self._keep_private(name)
        self._expire(name, settings.failure_retention_days)
        self.queue = aws.sqs.Queue(
            name,
            message_retention_seconds=_QUEUE_RETENTION_SECONDS,
            visibility_timeout_seconds=_VISIBILITY_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=self.tags,
            opts=self.child(),
        )
        self.notification = self._notify(name)
        self.register_outputs({"bucketName": self.bucket.bucket, "queueUrl": self.queue.url})

    def _keep_private(self, name: str) -> None:
        public_access = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=self.bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=self.bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self.child(),
        )
        aws.s3.BucketPolicy(
            name,
            bucket=self.bucket.bucket,
            policy=policy(
                {
                    "Sid": "OnlyOverTls",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [self.bucket.arn, pulumi.Output.format("{0}/*", self.bucket.arn)],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ),
            # S3 refuses concurrent calls of this kind with OperationAborted.
            opts=self.child(depends_on=[public_access]),
        )

    def _expire(self, name: str, days: int) -> None:
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=self.bucket.bucket,
            rules=[
                {
                    "id": "expire-failures",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": days},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": _MULTIPART_DAYS},
                }
            ],
            opts=self.child(),
        )

    def _notify(self, name: str) -> aws.s3.BucketNotification:
        account = aws.get_caller_identity_output(opts=self.lookup).account_id
        may_send = aws.sqs.QueuePolicy(
            name,
            queue_url=self.queue.url,
            policy=policy(
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": self.queue.arn,
                    "Condition": {
                        "ArnEquals": {"aws:SourceArn": self.bucket.arn},
                        "StringEquals": {"aws:SourceAccount": account},
                    },
                }
            ),
            opts=self.child(),
        )
        return aws.s3.BucketNotification(
            name,
            bucket=self.bucket.bucket,
            queues=[
                {
                    "id": identifier,
                    "queue_arn": self.queue.arn,
                    "events": ["s3:ObjectCreated:*"],
                    "filter_prefix": prefix,
                }
                for identifier, prefix in (
                    ("quarantined-records", RECORDS_PREFIX),
                    ("discarded-batches", BATCHES_PREFIX),
                )
            ],
            # S3 sends a test message before it accepts the notification.
            opts=self.child(depends_on=[may_send]),
        )
