"""The consumer: a Lambda function that an event source mapping feeds with the stream's records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pulumi
import pulumi_aws as aws
from pydantic import AfterValidator, Field

from handler.contract import BATCHES_PREFIX, ENTRY_POINT, RECORDS_PREFIX
from infra.code_archive import code_archive
from infra.component import Component
from infra.iam import LONGEST_BUCKET_ARN, allow, longest_arn, policy, policy_size, service_trust
from infra.kms import KeyArn, may_consume
from infra.section import Explained, Integer, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.handler_environment import HandlerEnvironment

READER_ACTIONS = (
    "kinesis:DescribeStream",
    "kinesis:DescribeStreamSummary",
    "kinesis:GetRecords",
    "kinesis:GetShardIterator",
    "kinesis:ListShards",
)
"""Actions of the event source mapping (Lambda developer guide, "Configure your Kinesis data stream
and Lambda function")."""

WRITER_ACTIONS = ("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem")
"""Actions of the handler's conditional writes (DynamoDB developer guide, "IAM security policies
with PartiQL"; ``PutItem`` replaces items as a whole). It reads nothing."""

HISTORY_ACTIONS = WRITER_ACTIONS
"""Actions of the handler's conditional writes to the history table. It reads nothing there."""

LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")
TRACE_ACTIONS = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
"""X-Ray has no resource-level permissions (service authorization reference)."""

MAX_ROLE_POLICY = 10_240
"""Characters of all inline policies of a role, without white space (IAM user guide, "IAM and AWS
STS quotas")."""

LOG_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""CloudWatch Logs API reference, ``PutRetentionPolicy``."""


def _known_retention(days: int) -> int:
    if days not in LOG_RETENTION_DAYS:
        raise ValueError
    return days


def _not_zero(executions: int) -> int:
    if executions == 0:
        raise Explained(
            "is 0, which would stop the function: records would age in the stream and go to the "
            "failure bucket. Expected -1 for no reservation, or 1 and more. To pause replication, "
            "disable the event source mapping: aws lambda update-event-source-mapping --uuid "
            "$(pulumi stack output eventSourceMappingId) --no-enabled"
        )
    return executions


class ConsumerSettings(Section):
    """Settings of the function and of its event source mapping.

    Attributes
    ----------
    lambda_runtime, lambda_architecture
        Target of the code archive.
    lambda_memory_megabytes, lambda_timeout_seconds
        Resources of one invocation: MiB, seconds.
    reserved_concurrency
        Invocations at a time that are reserved for the function, which has no more of them either;
        -1 for no reservation.
    batch_size
        Maximum number of Kinesis records in a batch.
    batching_window_seconds
        Seconds to wait for a batch to fill.
    parallelization_factor
        Batches of one shard that are processed concurrently.
    maximum_retry_attempts
        Retries of one batch; -1 to limit them by the records' age only.
    maximum_record_age_seconds
        Age at which a failing record goes to the failure bucket.
    log_retention_days
        Days after which log events expire.
    log_level
        Level of the handler's logger.
    kms_key_arn
        The key that encrypts the function's variables and its log group; empty for keys of AWS.
    """

    lambda_runtime: Literal["python3.11", "python3.12", "python3.13"] = Field(
        examples=["python3.13"]
    )
    lambda_architecture: Literal["arm64", "x86_64"] = Field(examples=["arm64"])
    # Lambda API reference, "CreateFunction".
    lambda_memory_megabytes: Integer = Field(ge=128, le=10_240)
    lambda_timeout_seconds: Integer = Field(ge=1, le=900)
    # What an account has is 1,000 by default, and can be raised.
    reserved_concurrency: Annotated[Integer, AfterValidator(_not_zero)] = Field(ge=-1, le=100_000)
    # Lambda API reference, "CreateEventSourceMapping".
    batch_size: Integer = Field(ge=1, le=10_000)
    batching_window_seconds: Integer = Field(ge=0, le=300)
    parallelization_factor: Integer = Field(ge=1, le=10)
    maximum_retry_attempts: Integer = Field(ge=-1, le=10_000)
    # Not -1 (unlimited): Kinesis would drop records before they reach the failure bucket.
    maximum_record_age_seconds: Integer = Field(ge=60, le=604_800)
    log_retention_days: Annotated[Integer, AfterValidator(_known_retention)] = Field(
        examples=[30], json_schema_extra={"enum": list(LOG_RETENTION_DAYS)}
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(examples=["INFO"])
    kms_key_arn: KeyArn


@dataclass(frozen=True, kw_only=True)
class ConsumerProps:
    """Arguments of a `Consumer`.

    Attributes
    ----------
    settings
        How the function runs.
    stream_arn
        The Kinesis stream to read.
    table_arns
        The DynamoDB tables with the current state.
    history_table_arn
        The DynamoDB table with every revision; None if no ledger table keeps its history.
    failure_bucket_arn
        Bucket for records and batches that cannot be applied.
    failure_notification
        Puts a message on the failure queue for each object of the bucket. No record is read before
        it exists: a failure would miss the queue.
    environment
        The handler's environment variables.
    replica_tables
        JSON that `infra.replica_settings.replica_tables_json` returned.
    code
        The handler's zip file, built for the runtime and architecture of `settings`.
    """

    settings: ConsumerSettings
    stream_arn: pulumi.Input[str]
    table_arns: Sequence[pulumi.Input[str]]
    history_table_arn: pulumi.Input[str] | None
    failure_bucket_arn: pulumi.Input[str]
    failure_notification: pulumi.Resource
    environment: HandlerEnvironment
    replica_tables: pulumi.Input[str]
    code: Path


class Consumer(Component):
    """The function that applies the stream's records, fed by an event source mapping.

    Produces the log group, the function's role, the function and the event source mapping.
    """

    log_group: aws.cloudwatch.LogGroup
    role: aws.iam.Role
    function: aws.lambda_.Function
    event_source_mapping: aws.lambda_.EventSourceMapping

    def __init__(
        self,
        name: str,
        props: ConsumerProps,
        *,
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("Consumer", name, tags=tags, opts=opts)
        self.log_group = aws.cloudwatch.LogGroup(
            name,
            retention_in_days=props.settings.log_retention_days,
            kms_key_id=props.settings.kms_key_arn or None,
            tags=self.tags,
            opts=self.child(),
        )
        self.role = aws.iam.Role(
            name,
            assume_role_policy=service_trust("lambda.amazonaws.com"),
            tags=self.tags,
            opts=self.child(),
        )
        may_work = aws.iam.RolePolicy(
            name,
            role=self.role.name,
            policy=policy(*self._permissions(name, props)),
            opts=self.child(),
        )
        self.function = self._function(name, props, may_work)
        self.event_source_mapping = self._event_source_mapping(name, props, may_work)
        self.register_outputs(
            {
                "functionName": self.function.name,
                "logGroupName": self.log_group.name,
                "eventSourceMappingId": self.event_source_mapping.id,
            }
        )

    def _permissions(self, name: str, props: ConsumerProps) -> list[dict[str, Any]]:
        bucket = props.failure_bucket_arn
        return _statements(
            stream=props.stream_arn,
            tables=list(props.table_arns),
            history_table=props.history_table_arn,
            bucket=bucket,
            objects=[
                pulumi.Output.format("{0}/{1}*", bucket, prefix)
                for prefix in (RECORDS_PREFIX, BATCHES_PREFIX)
            ],
            log_streams=pulumi.Output.format("{0}:*", self.log_group.arn),
            key_arn=props.settings.kms_key_arn,
            function_name=name,
        )

    def _function(
        self, name: str, props: ConsumerProps, may_work: pulumi.Resource
    ) -> aws.lambda_.Function:
        settings = props.settings
        return aws.lambda_.Function(
            name,
            description="Applies the journal of a QLDB ledger to DynamoDB tables",
            code=code_archive(props.code, props.replica_tables),
            handler=ENTRY_POINT,
            runtime=settings.lambda_runtime,
            architectures=[settings.lambda_architecture],
            memory_size=settings.lambda_memory_megabytes,
            timeout=settings.lambda_timeout_seconds,
            reserved_concurrent_executions=settings.reserved_concurrency,
            kms_key_arn=settings.kms_key_arn or None,
            role=self.role.arn,
            environment={"variables": props.environment.variables()},
            tracing_config={"mode": "Active"},
            # The format Text passes on the handler's own JSON lines, metrics included. The format
            # JSON would filter them by a separate level.
            logging_config={"log_format": "Text", "log_group": self.log_group.name},
            tags=self.tags,
            opts=self.child(depends_on=[may_work]),
        )

    def _event_source_mapping(
        self, name: str, props: ConsumerProps, may_work: pulumi.Resource
    ) -> aws.lambda_.EventSourceMapping:
        settings = props.settings
        return aws.lambda_.EventSourceMapping(
            name,
            event_source_arn=props.stream_arn,
            function_name=self.function.name,
            starting_position="TRIM_HORIZON",
            batch_size=settings.batch_size,
            maximum_batching_window_in_seconds=settings.batching_window_seconds,
            parallelization_factor=settings.parallelization_factor,
            maximum_retry_attempts=settings.maximum_retry_attempts,
            maximum_record_age_in_seconds=settings.maximum_record_age_seconds,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            # Published only on demand: invoked, failed and dropped events (Lambda developer guide,
            # "Using CloudWatch metrics with Lambda", "Event source mapping metrics").
            metrics_config={"metrics": ["EventCount"]},
            destination_config={"on_failure": {"destination_arn": props.failure_bucket_arn}},
            tags=self.tags,
            opts=self.child(depends_on=[may_work, props.failure_notification]),
        )


def role_policy_size(
    table_names: Sequence[str], *, history_table_name: str | None, key_arn: str, function_name: str
) -> int:
    """Return an upper bound of the size of the role's policy, as IAM counts it.

    Parameters
    ----------
    table_names
        Physical names of the DynamoDB tables, at their longest.
    history_table_name
        Of the history table, at its longest; None without one.
    key_arn
        The customer managed key; empty without one.
    function_name
        How the function's name starts.

    Returns
    -------
    int
        Characters; IAM counts no white space.
    """
    bucket = LONGEST_BUCKET_ARN
    statements = _statements(
        stream=longest_arn("kinesis", f"stream/{'s' * 128}"),
        tables=[longest_arn("dynamodb", f"table/{name}") for name in table_names],
        history_table=(
            None
            if history_table_name is None
            else longest_arn("dynamodb", f"table/{history_table_name}")
        ),
        bucket=bucket,
        objects=[f"{bucket}/{prefix}*" for prefix in (RECORDS_PREFIX, BATCHES_PREFIX)],
        log_streams=longest_arn("logs", f"log-group:{'l' * 64}:*"),
        key_arn=key_arn,
        function_name=function_name,
    )
    return policy_size(statements)


def _statements(
    *,
    stream: object,
    tables: object,
    history_table: object | None,
    bucket: object,
    objects: object,
    log_streams: object,
    key_arn: str,
    function_name: str,
) -> list[dict[str, Any]]:
    history = (
        [] if history_table is None else [allow("WriteHistory", HISTORY_ACTIONS, history_table)]
    )
    return [
        allow("ReadJournal", READER_ACTIONS, stream),
        allow("WriteReplica", WRITER_ACTIONS, tables),
        *history,
        allow("KeepFailures", ("s3:PutObject",), objects),
        # The event source mapping's destination needs it (Lambda developer guide, "Retain
        # discarded records").
        allow("FindFailureBucket", ("s3:ListBucket",), bucket),
        allow("Log", LOG_ACTIONS, log_streams),
        allow("Trace", TRACE_ACTIONS, "*"),
        *may_consume(key_arn, stream, function_name),
    ]
