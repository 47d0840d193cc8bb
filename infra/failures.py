"""Dead letters: a bucket for what could not be applied, with a queue that lists its objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_aws as aws
from pydantic import Field

from handler.contract import BATCHES_PREFIX, RECORDS_PREFIX
from infra.component import Component
from infra.iam import only_over_tls, policy
from infra.kms import KeyArn
from infra.private_bucket import Privacy, keep_private
from infra.section import Boolean, Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

_QUEUE_RETENTION_SECONDS = 14 * 24 * 60 * 60
"""The maximum that SQS allows (SQS developer guide, "Message quotas")."""

_VISIBILITY_SECONDS = 300
"""Time to apply the object of one message before another reader receives the message."""


class FailuresSettings(Section):
    """Settings of the failure bucket.

    Attributes
    ----------
    failure_retention_days
        Days after which an object expires.
    deletion_protection
        Whether the bucket refuses to be deleted while it holds objects.
    retain_on_delete
        Whether the bucket stays in the account when the stack gives it up.
    kms_key_arn
        The key that encrypts bucket and queue; empty for keys of S3 and SQS.
    """

    # S3's lifecycle rules hold the days as a signed 32-bit integer.
    failure_retention_days: Integer = Field(ge=1, le=2**31 - 1)
    deletion_protection: Boolean
    retain_on_delete: Boolean
    kms_key_arn: KeyArn

    @property
    def protect(self) -> bool:
        """Whether Pulumi refuses to delete the bucket; a retained one is not deleted at all."""
        return self.deletion_protection and not self.retain_on_delete


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
            opts=self.child(protect=settings.protect, retain_on_delete=settings.retain_on_delete),
        )
        keep_private(
            self,
            name,
            self.bucket,
            Privacy(
                key_arn=settings.kms_key_arn,
                rule="expire-failures",
                days=settings.failure_retention_days,
                retain_on_delete=settings.retain_on_delete,
            ),
        )
        self.queue = aws.sqs.Queue(
            name,
            message_retention_seconds=_QUEUE_RETENTION_SECONDS,
            visibility_timeout_seconds=_VISIBILITY_SECONDS,
            # SQS takes one or the other.
            sqs_managed_sse_enabled=None if settings.kms_key_arn else True,
            kms_master_key_id=settings.kms_key_arn or None,
            tags=self.tags,
            opts=self.child(),
        )
        self.notification = self._notify(name)
        self.register_outputs({"bucketName": self.bucket.bucket, "queueUrl": self.queue.url})

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
                },
                only_over_tls("sqs:*", self.queue.arn),
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
