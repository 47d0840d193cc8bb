"""Ledger -> QLDB stream -> Kinesis -> Lambda -> DynamoDB tables."""

import pulumi

from infra import lambda_package, upstream
from infra.consumer import Consumer, ConsumerProps
from infra.failures import Failures, FailuresProps
from infra.handler_environment import HandlerEnvironment
from infra.ledger_stream import LedgerStream, LedgerStreamProps
from infra.replica_settings import replica_tables_json
from infra.replica_tables import ReplicaTables, ReplicaTablesProps
from infra.settings import Settings

# Both can fail, and do so before any resource is touched.
settings = Settings.load(pulumi.Config())
code = lambda_package.build(
    runtime=settings.lambda_runtime, architecture=settings.lambda_architecture
)

ledger_name = upstream.ledger_name(settings.ledger_stack)

stream = LedgerStream(
    "ledger-stream",
    LedgerStreamProps(
        ledger_name=ledger_name,
        inclusive_start_time=settings.inclusive_start_time,
        shard_count=settings.shard_count,
        retention_hours=settings.stream_retention_hours,
    ),
)

replica = ReplicaTables(
    "replica-tables",
    ReplicaTablesProps(
        ledger_tables=[table.ledger_table for table in settings.replica_tables],
        tombstones_expire=settings.tombstone_lifetime_days is not None,
        deletion_protection=settings.deletion_protection,
    ),
)

failures = Failures(
    "failures",
    FailuresProps(
        retention_days=settings.failure_retention_days,
        deletion_protection=settings.deletion_protection,
    ),
)

replica_tables = pulumi.Output.all(**replica.names).apply(
    lambda names: replica_tables_json(settings.replica_tables, names)
)

consumer = Consumer(
    "consumer",
    ConsumerProps(
        stream_arn=stream.kinesis.arn,
        table_arns=replica.arns,
        failure_bucket_arn=failures.bucket.arn,
        environment=HandlerEnvironment(
            replica_tables=replica_tables,
            failure_bucket=failures.bucket.bucket,
            log_level=settings.log_level,
            tombstone_lifetime_days=settings.tombstone_lifetime_days,
        ),
        code=code,
        runtime=settings.lambda_runtime,
        architecture=settings.lambda_architecture,
        memory_megabytes=settings.lambda_memory_megabytes,
        timeout_seconds=settings.lambda_timeout_seconds,
        batch_size=settings.batch_size,
        batching_window_seconds=settings.batching_window_seconds,
        parallelization_factor=settings.parallelization_factor,
        maximum_retry_attempts=settings.maximum_retry_attempts,
        maximum_record_age_seconds=settings.maximum_record_age_seconds,
        log_retention_days=settings.log_retention_days,
    ),
)

pulumi.export("ledgerName", ledger_name)
pulumi.export("streamName", stream.kinesis.name)
pulumi.export("streamArn", stream.kinesis.arn)
pulumi.export("qldbStreamId", stream.qldb.id)
pulumi.export("tableNames", replica.names)
pulumi.export("functionName", consumer.function.name)
pulumi.export("logGroupName", consumer.log_group.name)
pulumi.export("eventSourceMappingId", consumer.event_source_mapping.id)
pulumi.export("failureBucketName", failures.bucket.bucket)
pulumi.export("failureQueueUrl", failures.queue.url)
pulumi.export("replicaTables", replica_tables)
pulumi.export("tombstoneLifetimeDays", settings.tombstone_lifetime_days)
