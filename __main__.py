"""(Ledger -> QLDB stream ->) Kinesis -> Lambda -> DynamoDB tables."""

import pulumi

from handler.version import project_version
from infra import (
    alarms,
    change_refusals,
    change_warnings,
    kms,
    lambda_package,
    previous,
    table_imports,
    table_throughput,
    upstream,
)
from infra.alarms import Alarms, AlarmsProps
from infra.consumer import Consumer, ConsumerProps
from infra.dashboard import Dashboard, DashboardProps
from infra.failures import Failures
from infra.handler_environment import HandlerEnvironment, service_name
from infra.history_table import HistoryTable
from infra.journal_stream import JournalStream
from infra.ledger_stream import LedgerStream, LedgerStreamProps
from infra.replay import Replay, ReplayProps
from infra.replica_tables import ReplicaTables
from infra.settings import (
    CONSUMER_COMPONENT,
    HISTORY_COMPONENT,
    REPLAY_COMPONENT,
    TABLES_COMPONENT,
    Settings,
)
from infra.tags import stack_tags
from infra.watched import Watched, WatchedTable


def formerly(name: str) -> pulumi.ResourceOptions:
    """Return the options of a component that had another name before version 0.1.0."""
    return pulumi.ResourceOptions(aliases=[pulumi.Alias(name=name)])


# These can fail, so they come before any resource is touched.
settings = Settings.load(pulumi.Config())
upstream.check(settings.upstream)
kms.check(settings.journal_stream.kms_key_arn)
alarms.check_regions(settings.alarms)
deployed = previous.Previous.read()
change_refusals.refuse(deployed, settings)
imports = table_imports.of(deployed, settings)
throughput = table_throughput.of_replica_tables(deployed, settings.replica_tables)
code = lambda_package.build(
    runtime=settings.consumer.lambda_runtime, architecture=settings.consumer.lambda_architecture
)

replay_code = (
    lambda_package.build(
        runtime=settings.consumer.lambda_runtime,
        architecture=settings.consumer.lambda_architecture,
        sources=lambda_package.REPLAY_SOURCES,
    )
    if settings.replay.export_bucket
    else None
)

tags = stack_tags(settings.tags)

stream = JournalStream("qldb-journal", settings.journal_stream, tags=tags)

ledger_name = upstream.ledger_name(settings.upstream)
if ledger_name is not None:
    ledger_stream = LedgerStream(
        "qldb-journal",
        LedgerStreamProps(
            ledger_name=ledger_name,
            stream_name=stream.kinesis.name,
            stream_arn=stream.kinesis.arn,
            settings=settings.ledger_stream,
        ),
        tags=tags,
        opts=formerly("ledger-stream"),
    )
    pulumi.export("ledgerName", ledger_name)
    pulumi.export("qldbStreamId", ledger_stream.qldb.id)

replica = ReplicaTables(
    TABLES_COMPONENT,
    settings.replica_tables,
    throughput,
    imports.replica_tables,
    tags=tags,
    opts=formerly("replica-tables"),
)

history = None
if settings.replica_tables.has_history:
    history = HistoryTable(
        HISTORY_COMPONENT,
        settings.history_table,
        table_throughput.of_history_table(deployed, settings.history_table),
        imports.history,
        tags=tags,
    ).table
    pulumi.export(previous.HISTORY_OUTPUT, history.name)

failures = Failures("qldb-failures", settings.failures, tags=tags, opts=formerly("failures"))

environment = HandlerEnvironment(
    failure_bucket=failures.bucket.bucket,
    log_level=settings.consumer.log_level,
    version=project_version(),
    service=service_name(),
    history_table=history.name if history else None,
)

consumer = Consumer(
    CONSUMER_COMPONENT,
    ConsumerProps(
        settings=settings.consumer,
        stream_arn=stream.kinesis.arn,
        table_arns=replica.arns,
        history_table_arn=history.arn if history else None,
        failure_bucket_arn=failures.bucket.arn,
        failure_notification=failures.notification,
        environment=environment,
        replica_tables=replica.configuration,
        code=code,
    ),
    tags=tags,
    opts=formerly("consumer"),
)

if replay_code is not None:
    replay = Replay(
        REPLAY_COMPONENT,
        ReplayProps(
            settings=settings.replay,
            consumer=settings.consumer,
            table_arns=replica.arns,
            history_table_arn=history.arn if history else None,
            failure_bucket_arn=failures.bucket.arn,
            environment=environment,
            replica_tables=replica.configuration,
            code=replay_code,
        ),
        tags=tags,
    )
    pulumi.export("exportLocation", settings.replay.location)
    pulumi.export("replayStateMachineArn", replay.machine.arn)
    pulumi.export("replayBucketName", replay.bucket.bucket)
    pulumi.export("replayFunctionName", replay.function.name)
    pulumi.export("replayFunctionCodeSha256", replay.function.code_sha256)

watched = Watched(
    service=environment.service,
    stream_name=stream.kinesis.name,
    stream_retention_hours=settings.journal_stream.stream_retention_hours,
    function_name=consumer.function.name,
    function_timeout_seconds=settings.consumer.lambda_timeout_seconds,
    event_source_mapping_id=consumer.event_source_mapping.id,
    tolerated_lag_minutes=settings.alarms.tolerated_lag_minutes,
    failure_queue_name=failures.queue.name,
    tables={
        entry.ledger_table: WatchedTable(
            name=replica.names[entry.ledger_table],
            indexes=tuple(index.name for index in entry.indexes),
        )
        for entry in settings.replica_tables.replica_tables
    },
    history_table_name=history.name if history else None,
)

alarm_arns: list[pulumi.Output[str]] = []
if settings.alarms.alarms:
    guard = Alarms("qldb-alarms", AlarmsProps(settings=settings.alarms, watched=watched), tags=tags)
    alarm_arns = guard.arns
    pulumi.export("alarmNames", guard.names)
    if guard.subscription is not None:
        pulumi.export(previous.SUBSCRIPTION_OUTPUT, guard.subscription.arn)
        change_warnings.warn_of_unconfirmed_email(deployed, guard.subscription)

if settings.dashboard.dashboard:
    page = Dashboard(
        "qldb-dashboard", DashboardProps(watched=watched, alarm_arns=alarm_arns), tags=tags
    )
    pulumi.export("dashboardName", page.dashboard.dashboard_name)

change_warnings.warn_of_empty(
    deployed, settings.replica_tables, replica.names, has_ledger=ledger_name is not None
)
change_warnings.warn_of_imports(deployed, settings)
change_warnings.warn_of_deletion(deployed, settings.replica_tables)
change_warnings.warn_of_new_history(
    deployed, settings.replica_tables, has_ledger=ledger_name is not None
)
change_warnings.warn_of_new_indexes(deployed, settings.replica_tables)

pulumi.export("version", project_version())
pulumi.export(previous.STREAM_OUTPUT, stream.kinesis.name)
pulumi.export("streamArn", stream.kinesis.arn)
pulumi.export(previous.TABLE_NAMES_OUTPUT, replica.names)
pulumi.export(previous.GIVEN_NAMES_OUTPUT, settings.replica_tables.given_names)
pulumi.export(previous.PROTECTION_OUTPUT, settings.replica_tables.deletion_protection)
pulumi.export(previous.RETAIN_OUTPUT, settings.replica_tables.retain_on_delete)
pulumi.export(
    previous.THROUGHPUT_OUTPUT,
    table_throughput.remembered(deployed, settings.replica_tables.throughput),
)
pulumi.export(previous.INDEXES_OUTPUT, previous.index_keys(settings.replica_tables.replica_tables))
pulumi.export(
    previous.IMPORTS_OUTPUT,
    table_imports.remembered(deployed, settings.replica_tables.replica_tables),
)
pulumi.export(
    previous.HISTORY_IMPORT_OUTPUT,
    table_imports.remembered_history(deployed, settings.table_imports),
)
pulumi.export(previous.SHARDS_OUTPUT, settings.journal_stream.shards)
pulumi.export("toleratedLagMinutes", settings.alarms.tolerated_lag_minutes)
pulumi.export("functionName", consumer.function.name)
pulumi.export("functionCodeSha256", consumer.function.code_sha256)
pulumi.export("handlerEnvironment", environment.variables())
pulumi.export(previous.CONFIGURATION_OUTPUT, replica.configuration)
pulumi.export("logGroupName", consumer.log_group.name)
pulumi.export("eventSourceMappingId", consumer.event_source_mapping.id)
pulumi.export("failureBucketName", failures.bucket.bucket)
pulumi.export("failureQueueUrl", failures.queue.url)
