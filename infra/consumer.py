"""Event source mapping and Lambda function: records from the stream become items of the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_aws as aws

from infra.component import component_type, policy, service_trust
from infra.failures import BATCHES_PREFIX, RECORDS_PREFIX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from infra.handler_environment import HandlerEnvironment

HANDLER = "handler.app.lambda_handler"

# What an event source mapping does (Lambda developer guide, 'Configure your Kinesis data stream
# and Lambda function').
READER_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
# What the handler's conditional PartiQL writes ask for (DynamoDB developer guide, 'IAM security
# policies with PartiQL'); it reads nothing.
WRITER_ACTIONS = ("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate")
LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
# X-Ray has no resources to name (service authorization reference).
TRACE_ACTIONS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")


@dataclass(frozen=True, kw_only=True)
class ConsumerProps:
    """What a :class:`Consumer` is made of.

    Attributes
    ----------
    stream_arn
        The Kinesis stream to read.
    table_arns
        The DynamoDB tables to write.
    failure_bucket_arn
        Bucket for what cannot be applied.
    environment
        What the handler is told.
    code
        The handler's zip file.
    runtime, architecture
        What `code` was built for.
    memory_megabytes, timeout_seconds
        Of one invocation.
    batch_size
        Most records in a batch.
    batching_window_seconds
        How long a batch is gathered.
    parallelization_factor
        Batches of one shard in work at once.
    maximum_retry_attempts
        Of one batch; -1 until it expires.
    maximum_record_age_seconds
        Age at which a failing record is given up; -1 for never.
    log_retention_days
        Days for which logs are kept.
    """

    stream_arn: pulumi.Input[str]
    table_arns: Sequence[pulumi.Input[str]]
    failure_bucket_arn: pulumi.Input[str]
    environment: HandlerEnvironment
    code: Path
    runtime: str
    architecture: str
    memory_megabytes: int
    timeout_seconds: int
    batch_size: int
    batching_window_seconds: int
    parallelization_factor: int
    maximum_retry_attempts: int
    maximum_record_age_seconds: int
    log_retention_days: int


class Consumer(pulumi.ComponentResource):
    """The function that applies the stream's records, fed by an event source mapping.

    Produces the log group, the function's role, the function and the event source mapping.
    """

    log_group: aws.cloudwatch.LogGroup
    role: aws.iam.Role
    function: aws.lambda_.Function
    event_source_mapping: aws.lambda_.EventSourceMapping

    def __init__(
        self, name: str, props: ConsumerProps, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(component_type("Consumer"), name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.log_group = aws.cloudwatch.LogGroup(
            "qldb-replica", retention_in_days=props.log_retention_days, opts=child
        )
        self.role = aws.iam.Role(
            "qldb-replica", assume_role_policy=service_trust("lambda.amazonaws.com"), opts=child
        )
        may_work = aws.iam.RolePolicy(
            "qldb-replica",
            role=self.role.name,
            policy=policy(*self._permissions(props)),
            opts=child,
        )
        after_policy = pulumi.ResourceOptions(parent=self, depends_on=[may_work])
        self.function = self._function(props, after_policy)
        self.event_source_mapping = self._event_source_mapping(props, after_policy)
        self.register_outputs(
            {
                "functionName": self.function.name,
                "logGroupName": self.log_group.name,
                "eventSourceMappingId": self.event_source_mapping.id,
            }
        )

    def _permissions(self, props: ConsumerProps) -> list[dict[str, Any]]:
        bucket = props.failure_bucket_arn
        return [
            _allow("ReadJournal", READER_ACTIONS, props.stream_arn),
            _allow("WriteReplica", WRITER_ACTIONS, list(props.table_arns)),
            _allow(
                "KeepFailures",
                ("s3:PutObject",),
                [
                    pulumi.Output.format("{0}/{1}*", bucket, prefix)
                    for prefix in (RECORDS_PREFIX, BATCHES_PREFIX)
                ],
            ),
            # The event source mapping's destination asks for it (Lambda developer guide, 'Retain
            # discarded records').
            _allow("FindFailureBucket", ("s3:ListBucket",), bucket),
            _allow("Log", LOG_ACTIONS, pulumi.Output.format("{0}:*", self.log_group.arn)),
            _allow("Trace", TRACE_ACTIONS, "*"),
        ]

    def _function(self, props: ConsumerProps, opts: pulumi.ResourceOptions) -> aws.lambda_.Function:
        return aws.lambda_.Function(
            "qldb-replica",
            description="Applies the journal of a QLDB ledger to DynamoDB tables",
            code=pulumi.FileArchive(str(props.code)),
            handler=HANDLER,
            runtime=props.runtime,
            architectures=[props.architecture],
            memory_size=props.memory_megabytes,
            timeout=props.timeout_seconds,
            role=self.role.arn,
            environment={"variables": props.environment.variables()},
            tracing_config={"mode": "Active"},
            # Text leaves the handler's own JSON lines, metrics among them, as they are; the format
            # JSON would filter them by a level of its own.
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            opts=opts,
        )

    def _event_source_mapping(
        self, props: ConsumerProps, opts: pulumi.ResourceOptions
    ) -> aws.lambda_.EventSourceMapping:
        return aws.lambda_.EventSourceMapping(
            "qldb-replica",
            event_source_arn=props.stream_arn,
            function_name=self.function.name,
            starting_position="TRIM_HORIZON",
            batch_size=props.batch_size,
            maximum_batching_window_in_seconds=props.batching_window_seconds,
            parallelization_factor=props.parallelization_factor,
            maximum_retry_attempts=props.maximum_retry_attempts,
            maximum_record_age_in_seconds=props.maximum_record_age_seconds,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            destination_config={"on_failure": {"destination_arn": props.failure_bucket_arn}},
            opts=opts,
        )


def _allow(sid: str, actions: Sequence[str], resource: object) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
