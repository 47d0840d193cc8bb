"""Failure bucket and failure queue: what could not be applied, and the list to work through."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.component import component_type, policy

RECORDS_PREFIX = "records/"
"""Records that the handler quarantines, one object each."""

BATCHES_PREFIX = "aws/lambda/"
"""Batches that the event source mapping gives up; the prefix is Lambda's own."""

# Longest that SQS keeps a message (SQS developer guide, 'Message quotas').
_QUEUE_RETENTION_SECONDS = 14 * 24 * 60 * 60
# Time to apply what one message points at before another reader may try.
_VISIBILITY_SECONDS = 300
_MULTIPART_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class FailuresProps:
    """What :class:`Failures` are made of.

    Attributes
    ----------
    retention_days
        Days for which the bucket keeps an object.
    deletion_protection
        Whether the bucket refuses to be deleted while it holds objects.
    """

    retention_days: int
    deletion_protection: bool


class Failures(pulumi.ComponentResource):
    """Where records go that could not be applied.

    Produces a private, encrypted bucket that keeps the payloads, and a queue that the bucket tells
    of each object.
    """

    bucket: aws.s3.Bucket
    queue: aws.sqs.Queue

    def __init__(
        self, name: str, props: FailuresProps, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(component_type("Failures"), name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            "qldb-failures", force_destroy=not props.deletion_protection, opts=self._child
        )
        self._keep_private()
        self._expire(props.retention_days)
        self.queue = aws.sqs.Queue(
            "qldb-failures",
            message_retention_seconds=_QUEUE_RETENTION_SECONDS,
            visibility_timeout_seconds=_VISIBILITY_SECONDS,
            sqs_managed_sse_enabled=True,
            opts=self._child,
        )
        self._notify()
        self.register_outputs({"bucketName": self.bucket.bucket, "queueUrl": self.queue.url})

    def _keep_private(self) -> None:
        public_access = aws.s3.BucketPublicAccessBlock(
            "qldb-failures",
            bucket=self.bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            "qldb-failures",
            bucket=self.bucket.bucket,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self._child,
        )
        aws.s3.BucketPolicy(
            "qldb-failures",
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
            # S3 answers OperationAborted to two such calls at once.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access]),
        )

    def _expire(self, days: int) -> None:
        aws.s3.BucketLifecycleConfiguration(
            "qldb-failures",
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
            opts=self._child,
        )

    def _notify(self) -> None:
        account = aws.get_caller_identity_output(
            opts=pulumi.InvokeOutputOptions(parent=self)
        ).account_id
        may_send = aws.sqs.QueuePolicy(
            "qldb-failures",
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
            opts=self._child,
        )
        aws.s3.BucketNotification(
            "qldb-failures",
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
            # S3 tries the queue before it accepts the notification.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[may_send]),
        )
