"""What a change of each setting changes in a deployed stack, resource by resource.

A unit test holds the program's inputs to it, setting by setting; tests/e2e what the engine and the
provider make of them.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PERSON: dict[str, Any] = {
    "ledgerTable": "Person",
    "attributes": {"email": "email", "city": "address.city"},
    "indexes": [{"name": "by-email", "partitionKey": {"attribute": "email"}}],
    "history": True,
}

HANDLED_PERSON: dict[str, Any] = {
    "ledgerTable": "Person",
    "attributes": {"email": ["email"], "city": ["address", "city"]},
    "indexKeys": {"email": ["S", 2048]},
}
"""The same as the handler has it."""


def base(key_arn: str, topic_arn: str) -> dict[str, Any]:
    """Return settings of a stack with every optional part, to be changed.

    Parameters
    ----------
    key_arn
        A customer managed key.
    topic_arn
        An SNS topic of the region.
    """
    return {
        "replicaTables": [PERSON, {"ledgerTable": "Car"}],
        "kmsKeyArn": key_arn,
        "alarmTopicArns": [topic_arn],
        "alarmEmail": "team@example.com",
        "reservedConcurrency": 10,
        "tombstoneLifetimeDays": 400,
        "streamRetentionHours": 168,
        "exportBucket": "my-exports",
        "exportPrefix": "2025/",
    }


@dataclass(frozen=True)
class Change:
    """One changed setting.

    Attributes
    ----------
    setting
        Its name.
    value
        Its new value.
    updates
        Properties that change in place, by the type and name of their resource. A name with a star
        stands for every resource of that type whose name fits.
    replaces
        Resources that are replaced because of it.
    """

    setting: str
    value: Any
    updates: Mapping[str, set[str]] = field(default_factory=dict)
    replaces: Mapping[str, set[str]] = field(default_factory=dict)

    @property
    def effects(self) -> dict[str, set[str]]:
        """Everything that changes."""
        return {**self.updates, **self.replaces}


FUNCTION = "Function qldb-replica"
MAPPING = "EventSourceMapping qldb-replica"
STREAM = "Stream qldb-journal"
LOG_GROUP = "LogGroup qldb-replica"
QLDB_STREAM = "QldbStream qldb-journal"
SUBSCRIPTION = "TopicSubscription qldb-alarms"
DASHBOARD = "Dashboard qldb-dashboard"
LIFECYCLE = "BucketLifecycleConfiguration qldb-failures"
TABLES = "Table qldb-*"
PERSON_TABLE = "Table qldb-Person"
REPLAY = "qldb-replay"
REPLAY_FUNCTION = f"Function {REPLAY}"
CODE = {FUNCTION: {"code"}, REPLAY_FUNCTION: {"code"}}


def alarm(name: str) -> str:
    """Return the label of an alarm."""
    return f"MetricAlarm qldb-alarms-{name}"


def tables(*properties: str) -> dict[str, set[str]]:
    """Return a change of every table, and of the indexes if they have that property too."""
    indexed = {"globalSecondaryIndexes"} if properties[0].endswith("Throughput") else set()
    return {
        PERSON_TABLE: {*properties, *indexed},
        "Table qldb-Car": set(properties),
        "Table qldb-history": set(properties),
    }


TAGGED = (
    *(STREAM, QLDB_STREAM, "Role qldb-journal-writer", TABLES, "Bucket qldb-failures"),
    *("Queue qldb-failures", LOG_GROUP, "Role qldb-replica", FUNCTION, MAPPING),
    *(alarm("*"), "Topic qldb-alarms"),
    *(f"Bucket {REPLAY}", f"LogGroup {REPLAY}", f"Role {REPLAY}*", REPLAY_FUNCTION),
    f"StateMachine {REPLAY}",
)


def changes(other_key_arn: str) -> list[Change]:
    """Return a change of every setting that one can make to the stack of `base` at once.

    Parameters
    ----------
    other_key_arn
        Another customer managed key.
    """
    return [
        Change(
            "inclusiveStartTime",
            "2021-01-01T00:00:00Z",
            replaces={QLDB_STREAM: {"inclusiveStartTime"}},
        ),
        Change("shardCount", 2, {STREAM: {"shardCount"}}),
        Change("streamRetentionHours", 200, {STREAM: {"retentionPeriod"}}),
        Change("maxRecordKibibytes", 2048, {STREAM: {"maxRecordSizeInKib"}}),
        Change("tombstoneLifetimeDays", 500, CODE),
        Change("pointInTimeRecoveryDays", 7, tables("pointInTimeRecovery")),
        Change("tableWarmReadUnits", 13_000, tables("warmThroughput")),
        Change("tableWarmWriteUnits", 5_000, tables("warmThroughput")),
        Change("tableMaxReadUnits", 14_000, tables("onDemandThroughput")),
        Change("tableMaxWriteUnits", 6_000, tables("onDemandThroughput")),
        Change("lambdaMemoryMegabytes", 512, {FUNCTION: {"memorySize"}}),
        Change(
            "lambdaTimeoutSeconds",
            90,
            {
                FUNCTION: {"timeout"},
                alarm("function-duration"): {"threshold"},
                DASHBOARD: {"dashboardBody"},
            },
        ),
        Change("reservedConcurrency", 7, {FUNCTION: {"reservedConcurrentExecutions"}}),
        Change("batchSize", 50, {MAPPING: {"batchSize"}}),
        Change("batchingWindowSeconds", 1, {MAPPING: {"maximumBatchingWindowInSeconds"}}),
        Change("parallelizationFactor", 2, {MAPPING: {"parallelizationFactor"}}),
        Change("maximumRetryAttempts", 50, {MAPPING: {"maximumRetryAttempts"}}),
        Change("maximumRecordAgeSeconds", 8000, {MAPPING: {"maximumRecordAgeInSeconds"}}),
        Change(
            "exportBucket",
            "other-exports",
            {f"RolePolicy {REPLAY}": {"policy"}, REPLAY_FUNCTION: {"environment"}},
        ),
        Change(
            "exportPrefix",
            "2026/",
            {f"RolePolicy {REPLAY}": {"policy"}, REPLAY_FUNCTION: {"environment"}},
        ),
        Change("exportBucketOwner", "210987654321", {REPLAY_FUNCTION: {"environment"}}),
        Change("exportKmsKeyArn", other_key_arn, {f"RolePolicy {REPLAY}": {"policy"}}),
        Change("replayConcurrency", 7, {f"StateMachine {REPLAY}": {"definition"}}),
        Change("replayBatchMebibytes", 8, {REPLAY_FUNCTION: {"environment"}}),
        Change("replayMemoryMegabytes", 2048, {REPLAY_FUNCTION: {"memorySize"}}),
        Change(
            "logRetentionDays",
            14,
            {LOG_GROUP: {"retentionInDays"}, f"LogGroup {REPLAY}": {"retentionInDays"}},
        ),
        Change(
            "logLevel",
            "WARNING",
            {FUNCTION: {"environment"}, REPLAY_FUNCTION: {"environment"}},
        ),
        Change("failureRetentionDays", 50, {LIFECYCLE: {"rules"}}),
        Change("alarmTopicArns", [], {alarm("*"): {"alarmActions", "okActions"}}),
        Change("alarmEmail", "b@example.com", replaces={SUBSCRIPTION: {"endpoint"}}),
        Change(
            "toleratedLagMinutes",
            20,
            {
                alarm("iterator-age"): {"threshold"},
                alarm("replication-lag"): {"threshold"},
                DASHBOARD: {"dashboardBody"},
            },
        ),
        Change(
            "kmsKeyArn",
            other_key_arn,
            {
                STREAM: {"kmsKeyId"},
                "RolePolicy qldb-journal-writer": {"policy"},
                TABLES: {"serverSideEncryption"},
                "BucketServerSideEncryptionConfiguration qldb-failures": {"rules"},
                "Queue qldb-failures": {"kmsMasterKeyId"},
                LOG_GROUP: {"kmsKeyId"},
                "RolePolicy qldb-replica": {"policy"},
                FUNCTION: {"kmsKeyArn"},
                f"BucketServerSideEncryptionConfiguration {REPLAY}": {"rules"},
                f"LogGroup {REPLAY}": {"kmsKeyId"},
                # The state machine reads the encrypted lists of batches.
                f"RolePolicy {REPLAY}": {"policy"},
                f"RolePolicy {REPLAY}-machine": {"policy"},
                REPLAY_FUNCTION: {"kmsKeyArn"},
            },
        ),
        Change(
            "deletionProtection",
            True,  # noqa: FBT003 (the value of a setting)
            {TABLES: {"deletionProtectionEnabled"}, "Bucket qldb-failures": {"forceDestroy"}},
        ),
        # To AWS nothing changes: it is a note in Pulumi's state.
        Change("retainOnDelete", value=True),
        Change("tags", {"owner": "team-a"}, {label: {"tags"} for label in TAGGED}),
    ]


def alone(upstream: str) -> list[Change]:
    """Return changes that exclude each other, or others.

    Parameters
    ----------
    upstream
        A stack that exports another ledger.
    """
    # The policy of the function's role follows the table's ARN, which the mocks do not change.
    table = {
        alarm("table-*-Person*"): {"dimensions"},
        alarm("index-write-throttles-Person-by-email"): {"dimensions"},
        DASHBOARD: {"dashboardBody"},
        **CODE,
    }
    named = [{**PERSON, "tableName": "people"}, {"ledgerTable": "Car"}]
    projected = {**PERSON, "attributes": {**PERSON["attributes"], "zip": "address.zip"}}
    return [
        Change("replicaTables", [projected, {"ledgerTable": "Car"}], CODE),
        Change("replicaTables", named, table, replaces={PERSON_TABLE: {"name"}}),
        Change(
            "ledgerStack",
            upstream,
            {"Role qldb-journal-writer": {"assumeRolePolicy"}},
            replaces={QLDB_STREAM: {"ledgerName"}},
        ),
        Change(
            "historyImportFrom",
            "s3://imports/all/history",
            {"Table qldb-history": {"importTable"}},
        ),
        Change("importBucketOwner", "210987654321"),
        Change("streamMode", "ON_DEMAND", {STREAM: {"shardCount", "streamModeDetails"}}),
        Change(
            "lambdaRuntime",
            "python3.12",
            {FUNCTION: {"runtime"}, REPLAY_FUNCTION: {"runtime"}},
        ),
        Change(
            "lambdaArchitecture",
            "x86_64",
            {FUNCTION: {"architectures"}, REPLAY_FUNCTION: {"architectures"}},
        ),
    ]


MADE_OR_DELETED = {"alarms": "MetricAlarm", "dashboard": "Dashboard"}
"""Settings that make or delete resources and change no other."""


def label(type_: str, name: str) -> str:
    """Return how this module calls a resource.

    Parameters
    ----------
    type_
        Its type, such as ``aws:kinesis/stream:Stream``.
    name
        Its name in the program.
    """
    kind = "QldbStream" if type_.startswith("aws:qldb") else type_.rpartition(":")[2]
    return f"{kind} {name}"


def expanded(effects: Iterable[Mapping[str, set[str]]], labels: Iterable[str]) -> dict[str, Any]:
    """Return the union of effects, with every label in full.

    Parameters
    ----------
    effects
        Changed properties by label, which may have a star.
    labels
        Of every resource that exists.
    """
    known = list(labels)
    found: dict[str, set[str]] = {}
    for each in effects:
        for pattern, properties in each.items():
            fitting = fnmatch.filter(known, pattern)
            assert fitting, f"no resource is called {pattern}"
            for one in fitting:
                found.setdefault(one, set()).update(properties)
    return found
