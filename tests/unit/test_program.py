"""Both programs as a whole, with Pulumi's mocks.

Proves the list of resources, the outputs, the reference to the upstream stack, and that wrong
settings touch nothing. Cannot prove that AWS accepts any of it: tests/e2e deploys it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pulumi
import pytest

from handler.version import project_version
from infra.settings import SettingsError
from tests.support import pulumi_mocks as deployment
from tests.support.paths import REPOSITORY
from tests.support.pulumi_mocks import (
    KEY_ARN,
    PROJECT,
    Deployment,
    Registration,
    Secret,
    deploy,
    deploy_dev,
    deploy_dev_again,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

LEDGER_PROGRAM = REPOSITORY / "ledger" / "__main__.py"

ENCRYPTED = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
MINIMAL = {
    "JournalStream": {"aws:kinesis/stream:Stream qldb-journal"},
    "ReplicaTables": {"aws:dynamodb/table:Table qldb-Person"},
    "Failures": {
        "aws:s3/bucket:Bucket qldb-failures",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock qldb-failures",
        f"{ENCRYPTED} qldb-failures",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration qldb-failures",
        "aws:s3/bucketPolicy:BucketPolicy qldb-failures",
        "aws:s3/bucketNotification:BucketNotification qldb-failures",
        "aws:sqs/queue:Queue qldb-failures",
        "aws:sqs/queuePolicy:QueuePolicy qldb-failures",
    },
    "Consumer": {
        "aws:cloudwatch/logGroup:LogGroup qldb-replica",
        "aws:iam/role:Role qldb-replica",
        "aws:iam/rolePolicy:RolePolicy qldb-replica",
        "aws:lambda/function:Function qldb-replica",
        "aws:lambda/eventSourceMapping:EventSourceMapping qldb-replica",
    },
}
"""The components of a stack without any optional part, with the type and name of each child."""

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
ALARMS = {
    f"{ALARM} qldb-alarms-{name}"
    for name in (
        "iterator-age",
        "replication-lag",
        "function-errors",
        "function-throttles",
        "function-duration",
        "records-quarantined",
        "failure-queue",
        "failure-queue-age",
        "events-dropped",
        "failures-undelivered",
        "events-failed",
        "stream-reads-throttled",
        "stream-writes-throttled",
        "stream-put-failures",
        "table-write-throttles-Person",
        "table-system-errors-Person-BatchExecuteStatement",
        "table-system-errors-Person-PutItem",
    )
}
SEEING = {
    "Alarms": ALARMS,
    "Dashboard": {"aws:cloudwatch/dashboard:Dashboard qldb-dashboard"},
}
MORE_ALARMS = {
    "Alarms": {
        *ALARMS,
        f"{ALARM} qldb-alarms-index-write-throttles-Person-by-email",
        *(
            f"{ALARM} qldb-alarms-{name}"
            for name in (
                "table-write-throttles-history-table",
                "table-system-errors-history-table-BatchExecuteStatement",
                "table-system-errors-history-table-PutItem",
            )
        ),
        "aws:sns/topic:Topic qldb-alarms",
        "aws:sns/topicPolicy:TopicPolicy qldb-alarms",
        "aws:sns/topicSubscription:TopicSubscription qldb-alarms",
    },
}
LEDGER_STREAM = {
    "LedgerStream": {
        "aws:iam/role:Role qldb-journal-writer",
        "aws:iam/rolePolicy:RolePolicy qldb-journal-writer",
        "aws:qldb/stream:Stream qldb-journal",
    },
}
REPLAY = {
    "Replay": {
        "aws:s3/bucket:Bucket qldb-replay",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock qldb-replay",
        f"{ENCRYPTED} qldb-replay",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration qldb-replay",
        "aws:s3/bucketPolicy:BucketPolicy qldb-replay",
        "aws:cloudwatch/logGroup:LogGroup qldb-replay",
        "aws:iam/role:Role qldb-replay",
        "aws:iam/rolePolicy:RolePolicy qldb-replay",
        "aws:lambda/function:Function qldb-replay",
        "aws:iam/role:Role qldb-replay-machine",
        "aws:iam/rolePolicy:RolePolicy qldb-replay-machine",
        "aws:iam/rolePolicy:RolePolicy qldb-replay-maps",
        "aws:sfn/stateMachine:StateMachine qldb-replay",
    },
}
HISTORY_TABLE = {"HistoryTable": {"aws:dynamodb/table:Table qldb-history"}}

OFF = {"ledgerStack": "", "alarms": False, "dashboard": False}
"""Settings that leave out every optional part of the dev stack."""

ON = {
    "streamMode": "ON_DEMAND",
    "kmsKeyArn": KEY_ARN,
    "reservedConcurrency": 10,
    "alarmTopicArns": [f"arn:aws:sns:{deployment.REGION}:123456789012:on-call"],
    "alarmEmail": "team@example.com",
    "tableWarmWriteUnits": 5_000,
    "tableMaxWriteUnits": 6_000,
    "tombstoneLifetimeDays": 400,
    "exportBucket": "my-exports",
    "replicaTables": [
        {
            "ledgerTable": "Person",
            "tableName": "people",
            "attributes": {"email": "email"},
            "indexes": [{"name": "by-email", "partitionKey": {"attribute": "email"}}],
            "history": True,
        }
    ],
}
"""Settings that add every optional part to the dev stack."""


def deploy_ledger(settings: Mapping[str, str]) -> Deployment:
    return deploy(settings, upstream={}, project="apigw-lambda-qldb", program=LEDGER_PROGRAM)


@pytest.mark.parametrize(
    ("changed", "components"),
    [
        pytest.param({}, MINIMAL | LEDGER_STREAM | SEEING, id="dev"),
        pytest.param(OFF, MINIMAL, id="every optional part off"),
        pytest.param(
            ON,
            MINIMAL | LEDGER_STREAM | HISTORY_TABLE | REPLAY | SEEING | MORE_ALARMS,
            id="every optional part on",
        ),
    ],
)
def test_a_stack_has_exactly_the_resources_of_its_boxes(
    changed: dict[str, object], components: dict[str, set[str]]
) -> None:
    deployed = deploy_dev(**changed)

    found: dict[str, set[str]] = {}
    others = []
    for resource in deployed.resources:
        if resource.type.startswith("aws:"):
            component = resource.parent.split("::")[2].rpartition(":")[2]
            found.setdefault(component, set()).add(f"{resource.type} {resource.name}")
        else:
            others.append(resource.type)
    assert found == components
    references = ["pulumi:pulumi:StackReference"] if "LedgerStream" in components else []
    assert sorted(others) == sorted(
        [*references, *(f"{PROJECT}:infra:{name}" for name in components)]
    )


STREAM = "aws:kinesis/stream:Stream"
TABLE = "aws:dynamodb/table:Table"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FOLLOWERS = (ALARM, "aws:cloudwatch/dashboard:Dashboard")
"""Follow what they watch: their own tests tell how."""


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [
        ("streamMode", "ON_DEMAND", {STREAM}),
        ("shardCount", 2, {STREAM}),
        ("streamRetentionHours", 48, {STREAM}),
        ("maxRecordKibibytes", 2048, {STREAM}),
        ("inclusiveStartTime", "2024-01-01T00:00:00Z", {"aws:qldb/stream:Stream"}),
        ("pointInTimeRecoveryDays", 7, {TABLE}),
        ("tableWarmReadUnits", 13_000, {TABLE}),
        ("tableWarmWriteUnits", 5_000, {TABLE}),
        ("tableMaxReadUnits", 100, {TABLE}),
        ("tableMaxWriteUnits", 100, {TABLE}),
        ("tombstoneLifetimeDays", 400, {TABLE, FUNCTION}),
        ("lambdaRuntime", "python3.12", {FUNCTION}),
        ("lambdaArchitecture", "x86_64", {FUNCTION}),
        ("lambdaMemoryMegabytes", 512, {FUNCTION}),
        ("lambdaTimeoutSeconds", 90, {FUNCTION}),
        ("reservedConcurrency", 5, {FUNCTION}),
        ("logLevel", "DEBUG", {FUNCTION}),
        ("batchSize", 50, {MAPPING}),
        ("batchingWindowSeconds", 5, {MAPPING}),
        ("parallelizationFactor", 2, {MAPPING}),
        ("maximumRetryAttempts", 5, {MAPPING}),
        ("maximumRecordAgeSeconds", 3600, {MAPPING}),
        ("logRetentionDays", 14, {"aws:cloudwatch/logGroup:LogGroup"}),
        (
            "failureRetentionDays",
            30,
            {"aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"},
        ),
        ("deletionProtection", True, {TABLE, "aws:s3/bucket:Bucket"}),
        ("retainOnDelete", True, set()),
        ("replicaTables", [{"ledgerTable": "Person", "attributes": {"a": "b"}}], {FUNCTION}),
    ],
)
def test_a_setting_changes_only_the_resources_that_it_is_about(
    setting: str, value: object, expected: set[str]
) -> None:
    before = {resource.urn: resource for resource in deploy_dev().resources}

    after = {resource.urn: resource for resource in deploy_dev(**{setting: value}).resources}

    assert {urn for urn, resource in after.items() if resource.type not in FOLLOWERS} == {
        urn for urn, resource in before.items() if resource.type not in FOLLOWERS
    }
    assert {
        resource.type
        for urn, resource in after.items()
        if resource.type not in FOLLOWERS and resource.inputs != before[urn].inputs
    } == expected


def test_no_resource_has_a_name_that_the_program_chose() -> None:
    given = {
        resource.type: resource.inputs
        for resource in deploy_dev().resources
        if resource.type.startswith("aws:") and "name" in resource.inputs
    }

    assert given == {}


def test_the_outputs_name_what_an_operator_needs() -> None:
    deployed = deploy_dev(tombstoneLifetimeDays=400)

    function = deployed.one("aws:lambda/function:Function")
    alarms = {f"{each.name}-physical" for each in deployed.all(ALARM)}
    assert set(deployed.outputs.pop("alarmNames")) == alarms
    assert deployed.outputs == {
        "version": project_version(),
        "handlerEnvironment": function.inputs["environment"]["variables"],
        "replicaTables": function.inputs["code"]["assets"]["replica_tables.json"]["text"],
        "deletionProtection": False,
        "retainOnDelete": False,
        "givenTableNames": {},
        "tableThroughput": {
            "warm_read_units": 0,
            "warm_write_units": 0,
            "max_read_units": 0,
            "max_write_units": 0,
        },
        "tableIndexes": {},
        "tableImports": {},
        "historyImport": "",
        "shardCount": 1,
        "ledgerName": deployment.LEDGER,
        "streamName": "qldb-journal-physical",
        "streamArn": "arn:aws:kinesis/stream:Stream/qldb-journal",
        "qldbStreamId": "qldb-journal-id",
        "tableNames": {"Person": "qldb-Person-physical"},
        "toleratedLagMinutes": 15,
        "functionName": "qldb-replica-physical",
        "functionCodeSha256": "qldb-replica-code",
        "logGroupName": "qldb-replica-physical",
        "eventSourceMappingId": "qldb-replica-id",
        "failureBucketName": "qldb-failures-physical",
        "failureQueueUrl": "https://queue/qldb-failures",
        "dashboardName": "qldb-replica-physical",
    }


def test_without_an_upstream_stack_no_other_stack_is_read() -> None:
    settings = deployment.dev_settings() | {"ledgerStack": ""}

    assert deploy(settings, upstream={}).one("aws:kinesis/stream:Stream")


def test_only_with_history_an_output_names_its_table() -> None:
    assert deploy_dev(**ON).outputs["historyTableName"] == "qldb-history-physical"
    assert "historyTableName" not in deploy_dev().outputs


def test_without_alarms_and_dashboard_no_output_names_them() -> None:
    outputs = deploy_dev(alarms=False, dashboard=False).outputs

    assert deploy_dev().outputs.keys() - outputs.keys() == {"alarmNames", "dashboardName"}


def test_only_with_an_address_for_alarms_an_output_names_its_subscription() -> None:
    arn = "arn:aws:sns/topicSubscription:TopicSubscription/qldb-alarms"

    assert deploy_dev(alarmEmail="team@example.com").outputs["alarmSubscriptionArn"] == arn
    assert "alarmSubscriptionArn" not in deploy_dev().outputs


def test_alarms_and_dashboard_watch_the_resources_of_the_stack() -> None:
    deployed = deploy_dev(**ON)

    alarms = [alarm.inputs for alarm in deployed.all(ALARM)]
    values = {value for alarm in alarms for value in alarm["dimensions"].values()}
    assert values == {
        f"{PROJECT}-{deployment.STACK}",
        "qldb-journal-physical",
        "qldb-replica-physical",
        "qldb-replica-id",
        "qldb-failures-physical",
        "people",
        "by-email",
        "qldb-history-physical",
        "BatchExecuteStatement",
        "PutItem",
    }
    function = deployed.one("aws:lambda/function:Function", "qldb-replica").inputs
    assert function["environment"]["variables"]["POWERTOOLS_SERVICE_NAME"] in values
    body = deployed.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"]
    assert {value for value in values if f'"{value}"' not in body} == {
        "BatchExecuteStatement",
        "PutItem",
    }
    alarms_shown = json.loads(body)["widgets"][0]["properties"]["alarms"]
    assert set(alarms_shown) == {deployment.arn(each) for each in deployed.all(ALARM)}


def test_the_event_counts_that_alarms_watch_are_switched_on() -> None:
    mapping = deploy_dev().one("aws:lambda/eventSourceMapping:EventSourceMapping")

    assert mapping.inputs["metricsConfig"] == {"metrics": ["EventCount"]}


def test_the_alarms_know_retention_time_out_and_tolerated_lag() -> None:
    deployed = deploy_dev(
        streamRetentionHours=48, toleratedLagMinutes=100_000, lambdaTimeoutSeconds=100
    )

    thresholds = {alarm.name: alarm.inputs["threshold"] for alarm in deployed.all(ALARM)}
    assert thresholds["qldb-alarms-iterator-age"] == 24 * 3_600_000
    assert thresholds["qldb-alarms-replication-lag"] == 100_000 * 60_000
    assert thresholds["qldb-alarms-function-duration"] == 80_000


def test_a_topic_of_another_region_is_refused_before_anything_is_touched() -> None:
    topics = [
        f"arn:aws:sns:{region}:123456789012:on-call" for region in (deployment.REGION, "us-east-1")
    ]
    deployed = Deployment()

    with pytest.raises(pulumi.RunError) as raised:
        deploy_dev_again({}, {"alarmTopicArns": topics}, into=deployed)

    assert str(raised.value) == (
        "alarmTopicArns[1] names a topic in us-east-1, and this stack deploys to "
        f"{deployment.REGION}: name a topic of that region"
    )
    assert [each for each in deployed.resources if each.type.startswith("aws:")] == []


def test_topics_that_are_not_used_are_not_checked() -> None:
    topics = ["arn:aws:sns:us-east-1:123456789012:on-call"]

    assert deploy_dev(alarms=False, alarmTopicArns=topics).resources


def test_without_an_upstream_stack_no_output_names_a_ledger() -> None:
    outputs = deploy_dev(ledgerStack="").outputs

    assert deploy_dev().outputs.keys() - outputs.keys() == {"ledgerName", "qldbStreamId"}
    assert outputs["streamName"] == "qldb-journal-physical"


def test_the_ledgers_name_comes_from_the_upstream_stack() -> None:
    settings = deployment.dev_settings() | {"ledgerStack": "acme/ledgers/prod"}

    deployed = deploy(settings, upstream={"acme/ledgers/prod": {"ledgerName": "vehicles"}})

    assert deployed.one("pulumi:pulumi:StackReference").inputs["name"] == "acme/ledgers/prod"
    assert deployed.one("aws:qldb/stream:Stream").inputs["ledgerName"] == "vehicles"
    role = deployed.one("aws:iam/role:Role", "qldb-journal-writer")
    assert ":stream/vehicles/*" in role.inputs["assumeRolePolicy"]
    assert deployed.outputs["ledgerName"] == "vehicles"


@pytest.mark.parametrize(
    ("outputs", "problem"),
    [
        pytest.param(None, r"cannot be read: .*unknown stack", id="no stack"),
        pytest.param({"other": "x"}, "has no output 'ledgerName'", id="no output"),
        pytest.param({"ledgerName": ""}, "is ''; expected", id="empty"),
        pytest.param({"ledgerName": "   "}, "expected the name of a ledger", id="blank"),
        pytest.param({"ledgerName": "x" * 33}, "1 to 32", id="too long"),
        pytest.param(
            {"ledgerName": "arn:aws:qldb:eu-west-1:123456789012:ledger/x"}, "expected", id="ARN"
        ),
        pytest.param({"ledgerName": 5}, "is 5", id="number"),
        pytest.param({"ledgerName": {"name": "x"}}, "expected the name", id="object"),
        pytest.param({"ledgerName": "12345"}, "not only digits", id="digits"),
        pytest.param({"ledgerName": "a--b"}, "single hyphens", id="two hyphens"),
        pytest.param({"ledgerName": "-ab"}, "no hyphen at the start", id="hyphen first"),
        pytest.param({"ledgerName": "ab-"}, "no hyphen at the start or end", id="hyphen last"),
        pytest.param({"ledgerName": "ab\n"}, "expected", id="line end"),
        pytest.param({"ledgerName": Secret("ledger")}, "is a secret", id="secret"),
    ],
)
def test_an_upstream_stack_without_a_ledgers_name_is_refused_before_anything_is_touched(
    outputs: dict[str, object] | None, problem: str
) -> None:
    deployed = Deployment()
    upstream = {} if outputs is None else {deployment.UPSTREAM: outputs}

    with pytest.raises(pulumi.RunError, match=problem) as raised:
        deploy(deployment.dev_settings(), upstream=upstream, into=deployed)

    assert f"{deployment.UPSTREAM!r} (setting ledgerStack)" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert deployed.resources == []


@pytest.mark.parametrize("name", ["a", "ledger-1a2b3c4", "x" * 32, "1a", "A-1-b"])
def test_every_name_that_qldb_takes_is_accepted(name: str) -> None:
    upstream = {deployment.UPSTREAM: {"ledgerName": name}}

    deployed = deploy(deployment.dev_settings(), upstream=upstream)

    assert deployed.one("aws:qldb/stream:Stream").inputs["ledgerName"] == name


def test_wrong_settings_are_all_reported_before_anything_is_touched() -> None:
    deployed = Deployment()
    settings = deployment.dev_settings() | {"batchSize": "0", "logLevel": "LOUD", "batchsize": "1"}
    del settings["replicaTables"]

    with pytest.raises(SettingsError) as raised:
        deploy(settings, upstream={deployment.UPSTREAM: {"ledgerName": "x"}}, into=deployed)

    assert [problem.split()[0] for problem in raised.value.problems] == [
        "replicaTables",
        "batchSize",
        "logLevel",
        "unknown",
    ]
    assert deployed.resources == []
    assert deployed.builds == []


def test_nothing_asks_where_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> dict[str, Registration]:
        return {resource.urn: resource for resource in deploy_dev().resources}

    elsewhere = asked()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    monkeypatch.setenv("AWS_ENDPOINT_URL_QLDB", "http://127.0.0.1:4567")
    monkeypatch.setenv("PULUMI_STACK", "local")

    assert asked() == elsewhere
    assert {resource.provider for resource in elsewhere.values()} == {""}


def test_the_upstream_stack_makes_a_protected_ledger_and_exports_its_name() -> None:
    deployed = deploy_ledger({"permissionsMode": "STANDARD", "deletionProtection": "true"})

    [ledger] = deployed.resources
    assert ledger.type == "aws:qldb/ledger:Ledger"
    assert ledger.inputs == {"permissionsMode": "STANDARD", "deletionProtection": True}
    assert len(ledger.name) + 8 <= 32
    assert deployed.outputs == {"ledgerName": "ledger-physical"}


def test_the_upstream_dev_stack_can_be_destroyed() -> None:
    [ledger] = deploy_ledger(deployment.dev_settings(REPOSITORY / "ledger")).resources

    assert ledger.inputs == {"permissionsMode": "STANDARD", "deletionProtection": False}


def test_the_upstream_stack_refuses_an_unknown_permissions_mode() -> None:
    with pytest.raises(pulumi.RunError, match=r"permissionsMode is 'NONE'.*STANDARD or ALLOW_ALL"):
        deploy_ledger({"permissionsMode": "NONE", "deletionProtection": "true"})
