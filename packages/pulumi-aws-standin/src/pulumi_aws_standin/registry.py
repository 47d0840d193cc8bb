"""The resource types that the stand-in provider implements, by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pulumi_aws_standin.resources.cloudwatch_alarm import MetricAlarm
from pulumi_aws_standin.resources.cloudwatch_dashboard import Dashboard
from pulumi_aws_standin.resources.dynamodb_table import Table
from pulumi_aws_standin.resources.event_source_mapping import EventSourceMapping
from pulumi_aws_standin.resources.iam_role import Role
from pulumi_aws_standin.resources.iam_role_policy import RolePolicy
from pulumi_aws_standin.resources.kinesis_stream import Stream as KinesisStream
from pulumi_aws_standin.resources.lambda_function import Function
from pulumi_aws_standin.resources.log_group import LogGroup
from pulumi_aws_standin.resources.qldb_ledger import Ledger
from pulumi_aws_standin.resources.qldb_stream import Stream as QldbStream
from pulumi_aws_standin.resources.s3_bucket import Bucket
from pulumi_aws_standin.resources.s3_bucket_policy import BucketPolicy
from pulumi_aws_standin.resources.s3_encryption import BucketServerSideEncryptionConfiguration
from pulumi_aws_standin.resources.s3_lifecycle import BucketLifecycleConfiguration
from pulumi_aws_standin.resources.s3_notification import BucketNotification
from pulumi_aws_standin.resources.s3_public_access_block import BucketPublicAccessBlock
from pulumi_aws_standin.resources.sns_topic import Topic
from pulumi_aws_standin.resources.sns_topic_policy import TopicPolicy
from pulumi_aws_standin.resources.sns_topic_subscription import TopicSubscription
from pulumi_aws_standin.resources.sqs_queue import Queue
from pulumi_aws_standin.resources.sqs_queue_policy import QueuePolicy
from pulumi_aws_standin.resources.state_machine import StateMachine

if TYPE_CHECKING:
    from pulumi_aws_standin.resource import Resource

PULUMI_AWS_VERSION: Final = "7.51.1"
"""The release of pulumi-aws whose schema the resources mirror."""

_ALL: Final[tuple[Resource, ...]] = (
    Bucket(),
    BucketLifecycleConfiguration(),
    BucketNotification(),
    BucketPolicy(),
    BucketPublicAccessBlock(),
    BucketServerSideEncryptionConfiguration(),
    Dashboard(),
    EventSourceMapping(),
    Function(),
    KinesisStream(),
    Ledger(),
    LogGroup(),
    MetricAlarm(),
    QldbStream(),
    Queue(),
    QueuePolicy(),
    Role(),
    RolePolicy(),
    StateMachine(),
    Table(),
    Topic(),
    TopicPolicy(),
    TopicSubscription(),
)

RESOURCES: Final = {resource.type_name: resource for resource in _ALL}
