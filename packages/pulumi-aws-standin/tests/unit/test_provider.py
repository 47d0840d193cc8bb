"""Proves the answers to the engine that need no service: refusals by name, plans, differences."""

from __future__ import annotations

import platform
import sys
from concurrent import futures
from typing import Any

import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2
from pulumi_aws_standin import planning
from pulumi_aws_standin.registry import RESOURCES
from pulumi_aws_standin.testing import CallError, Engine, ManagedResource, context, urn_of
from pulumi_aws_standin.wire import UNKNOWN, Archive, decode, encode

ENVIRONMENT = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_QLDB": "http://127.0.0.1:9",
}
STREAM = "aws:kinesis/stream:Stream"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
FUNCTION = "aws:lambda/function:Function"
TABLE = "aws:dynamodb/table:Table"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
QLDB_STREAM = "aws:qldb/stream:Stream"
MACHINE = "aws:sfn/stateMachine:StateMachine"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
OTHER_ARCHITECTURE = "x86_64" if ARCHITECTURE == "arm64" else "arm64"

ROLE_ARN = "arn:aws:iam::000000000000:role/r"
KINESIS_ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"
KEY_ARN = "arn:aws:kms:us-east-1:000000000000:key/k"
TOPIC_ARN = "arn:aws:sns:us-east-1:000000000000:t"

DEFINITION = '{"StartAt": "Only", "States": {"Only": {"Type": "Succeed"}}}'

GOOD: dict[str, dict[str, Any]] = {
    STREAM: {"shardCount": 1},
    MAPPING: {
        "eventSourceArn": KINESIS_ARN,
        "functionName": "f",
        "startingPosition": "TRIM_HORIZON",
    },
    FUNCTION: {
        "code": Archive(hash="h", path="p.zip"),
        "handler": "m.h",
        "runtime": RUNTIME,
        "architectures": [ARCHITECTURE],
        "role": ROLE_ARN,
    },
    TABLE: {
        "attributes": [{"name": "pk", "type": "S"}],
        "hashKey": "pk",
        "billingMode": "PAY_PER_REQUEST",
    },
    QLDB_STREAM: {
        "streamName": "s",
        "ledgerName": "l",
        "inclusiveStartTime": "2020-05-29T00:00:00Z",
        "roleArn": ROLE_ARN,
        "kinesisConfiguration": {"streamArn": KINESIS_ARN},
    },
    "aws:qldb/ledger:Ledger": {"permissionsMode": "STANDARD"},
    "aws:iam/role:Role": {"assumeRolePolicy": "{}"},
    "aws:iam/rolePolicy:RolePolicy": {"role": "r", "policy": "{}"},
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardName": "d",
        "dashboardBody": '{"widgets": []}',
    },
    "aws:cloudwatch/logGroup:LogGroup": {},
    ALARM: {
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 3,
        "metricName": "Errors",
        "namespace": "AWS/Lambda",
        "period": 60,
        "statistic": "Sum",
        "threshold": 0,
    },
    "aws:s3/bucket:Bucket": {},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket": "b", "policy": "{}"},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {"bucket": "b"},
    "aws:s3/bucketNotification:BucketNotification": {
        "bucket": "b",
        "queues": [{"queueArn": "arn:q", "events": ["s3:ObjectCreated:*"]}],
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "bucket": "b",
        "rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}],
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "bucket": "b",
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}],
    },
    MACHINE: {"definition": DEFINITION, "roleArn": ROLE_ARN},
    "aws:sns/topic:Topic": {},
    "aws:sns/topicPolicy:TopicPolicy": {"arn": TOPIC_ARN, "policy": "{}"},
    "aws:sns/topicSubscription:TopicSubscription": {
        "topic": TOPIC_ARN,
        "protocol": "email",
        "endpoint": "team@example.com",
    },
    "aws:sqs/queue:Queue": {},
    "aws:sqs/queuePolicy:QueuePolicy": {"queueUrl": "u", "policy": "{}"},
}
"""Inputs that each type accepts."""


WITH_INDEX: dict[str, Any] = {
    "attributes": [{"name": "pk", "type": "S"}, {"name": "city", "type": "S"}],
    "globalSecondaryIndexes": [{"name": "by-city", "hashKey": "city", "projectionType": "ALL"}],
}
NO_CEILINGS = {"maxReadRequestUnits": -1, "maxWriteRequestUnits": -1}
CEILING_PATH = "onDemandThroughput.maxReadRequestUnits"
WARM_READS_PATH = "warmThroughput.readUnitsPerSecond"
KEY_PATH = "serverSideEncryption.kmsKeyArn"
DAYS_PATH = "pointInTimeRecovery.recoveryPeriodInDays"
QUERY: dict[str, Any] = {"id": "e1", "expression": "m1 * 2", "returnData": True}
METRIC: dict[str, Any] = {
    "id": "m1",
    "metric": {"metricName": "Errors", "namespace": "AWS/Lambda", "period": 60, "stat": "p90"},
}
ON_QUERIES: dict[str, Any] = {
    **dict.fromkeys(("metricName", "namespace", "period", "statistic")),
    "metricQueries": [QUERY, METRIC],
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(ENVIRONMENT)


def failures(engine: Engine, type_name: str, **inputs: object) -> dict[str, str]:
    response = engine.check(urn_of(type_name), {**GOOD[type_name], **inputs})
    return {failure.property: failure.reason for failure in response.failures}


def test_every_type_has_good_inputs_here() -> None:
    assert sorted(GOOD) == sorted(RESOURCES)


@pytest.mark.parametrize("type_name", sorted(GOOD))
def test_good_inputs_are_accepted_and_checking_again_changes_nothing(
    engine: Engine, type_name: str
) -> None:
    checked = engine.checked(urn_of(type_name), GOOD[type_name])
    again = engine.checked(urn_of(type_name), GOOD[type_name], checked)
    assert again == checked
    held = ManagedResource(urn_of(type_name), "id", checked, checked)
    difference = engine.diff(held, again)
    assert difference.changes == difference.DIFF_NONE


@pytest.mark.parametrize("type_name", sorted(GOOD))
def test_an_unknown_property_is_refused_by_name(engine: Engine, type_name: str) -> None:
    assert list(failures(engine, type_name, shinyNewThing=1)) == ["shinyNewThing"]


@pytest.mark.parametrize(
    ("type_name", "name"),
    # A table without a mode gets another mode, a function without an architecture a default.
    [
        (kind, name)
        for kind, inputs in GOOD.items()
        for name in inputs
        if name not in {"billingMode", "architectures"}
    ],
)
def test_a_missing_property_is_refused_by_name(engine: Engine, type_name: str, name: str) -> None:
    refused = failures(engine, type_name, **{name: None})
    assert "missing" in refused[name] or "required" in refused[name]


@pytest.mark.parametrize(
    ("type_name", "inputs", "path"),
    [
        (STREAM, {"retentionPeriod": 23}, "retentionPeriod"),
        (STREAM, {"retentionPeriod": 8761}, "retentionPeriod"),
        (STREAM, {"encryptionType": "AES"}, "encryptionType"),
        (STREAM, {"encryptionType": "KMS"}, "kmsKeyId"),
        (STREAM, {"streamModeDetails": {"streamMode": "ON_DEMAND"}}, "shardCount"),
        (STREAM, {"streamModeDetails": {"streamMode": "X"}}, "streamModeDetails.streamMode"),
        (STREAM, {"streamModeDetails": {"x": "X"}}, "streamModeDetails.x"),
        (MAPPING, {"maximumRetryAttempts": 10_001}, "maximumRetryAttempts"),
        (MAPPING, {"maximumRetryAttempts": -2}, "maximumRetryAttempts"),
        (MAPPING, {"maximumRecordAgeInSeconds": 59}, "maximumRecordAgeInSeconds"),
        (MAPPING, {"maximumRecordAgeInSeconds": 604_801}, "maximumRecordAgeInSeconds"),
        (MAPPING, {"parallelizationFactor": 11}, "parallelizationFactor"),
        (MAPPING, {"batchSize": 10_001}, "batchSize"),
        (MAPPING, {"startingPosition": "NOW"}, "startingPosition"),
        (MAPPING, {"functionResponseTypes": ["All"]}, "functionResponseTypes[0]"),
        (
            MAPPING,
            {"destinationConfig": {"onFailure": {"destination": "x"}}},
            "destinationConfig.onFailure.destination",
        ),
        (FUNCTION, {"architectures": ["arm"]}, "architectures[0]"),
        (FUNCTION, {"runtime": "python3.9"}, "runtime"),
        (FUNCTION, {"architectures": [OTHER_ARCHITECTURE]}, "architectures"),
        (FUNCTION, {"timeout": 901}, "timeout"),
        (FUNCTION, {"memorySize": 64}, "memorySize"),
        (FUNCTION, {"role": "r"}, "role"),
        (FUNCTION, {"code": "p.zip"}, "code"),
        (FUNCTION, {"environment": {"variables": {"A": 1}}}, "environment.variables.A"),
        (
            FUNCTION,
            {"loggingConfig": {"logFormat": "Text", "systemLogLevel": "INFO"}},
            "loggingConfig.systemLogLevel",
        ),
        (STREAM, {"maxRecordSizeInKib": 1023}, "maxRecordSizeInKib"),
        (STREAM, {"maxRecordSizeInKib": 10_241}, "maxRecordSizeInKib"),
        (MAPPING, {"metricsConfig": {"metrics": ["ErrorCount"]}}, "metricsConfig.metrics[0]"),
        (FUNCTION, {"kmsKeyArn": "alias/mine"}, "kmsKeyArn"),
        (TABLE, {"attributes": [{"name": "other", "type": "S"}]}, "attributes"),
        (TABLE, {**WITH_INDEX, "attributes": [{"name": "pk", "type": "S"}]}, "attributes"),
        (TABLE, {"attributes": [{"name": "pk", "type": "S"}] * 2}, "attributes"),
        (TABLE, {"onDemandThroughput": {"maxReadRequestUnits": 0}}, CEILING_PATH),
        (TABLE, {"warmThroughput": {"readUnitsPerSecond": 11_999}}, WARM_READS_PATH),
        (TABLE, {"serverSideEncryption": {"enabled": True, "kmsKeyArn": "k"}}, KEY_PATH),
        (TABLE, {"pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 36}}, DAYS_PATH),
        (
            "aws:sqs/queue:Queue",
            {"kmsMasterKeyId": KEY_ARN, "sqsManagedSseEnabled": False},
            "kmsMasterKeyId",
        ),
        ("aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": "alias/mine"}, "kmsKeyId"),
        ("aws:cloudwatch/dashboard:Dashboard", {"dashboardBody": "[]"}, "dashboardBody"),
        ("aws:cloudwatch/dashboard:Dashboard", {"dashboardBody": "{"}, "dashboardBody"),
        ("aws:cloudwatch/dashboard:Dashboard", {"dashboardName": "a b"}, "dashboardName"),
        ("aws:sns/topicSubscription:TopicSubscription", {"protocol": "sms"}, "protocol"),
        ("aws:sns/topicSubscription:TopicSubscription", {"endpoint": "team"}, "endpoint"),
        ("aws:sns/topicSubscription:TopicSubscription", {"topic": "t"}, "topic"),
        ("aws:sns/topic:Topic", {"name": "a b"}, "name"),
        (MACHINE, {"name": "a.b"}, "name"),
        (MACHINE, {"name": "x" * 81}, "name"),
        (MACHINE, {"type": "QUICK"}, "type"),
        (MACHINE, {"roleArn": "r"}, "roleArn"),
        (MACHINE, {"definition": ""}, "definition"),
        (MACHINE, {"definition": "{"}, "definition"),
        (MACHINE, {"definition": {"StartAt": "Only"}}, "definition"),
        (MACHINE, {"definition": '{"StartAt": "Only"}'}, "definition"),
        (MACHINE, {"definition": '{"StartAt": "Only", "States": {}}'}, "definition"),
        (MACHINE, {"definition": '{"StartAt": "Only", "States": ["Only"]}'}, "definition"),
        (MACHINE, {"definition": '{"States": {"Only": {"Type": "Succeed"}}}'}, "definition"),
        (MACHINE, {"definition": DEFINITION.replace("Only", "Other", 1)}, "definition"),
        (MACHINE, {"definition": DEFINITION + " " * 2**20}, "definition"),
        (MACHINE, {"loggingConfiguration": {"level": "OFF"}}, "loggingConfiguration"),
        (MACHINE, {"tracingConfiguration": {"enabled": True}}, "tracingConfiguration"),
        (MACHINE, {"encryptionConfiguration": {"kmsKeyId": "k"}}, "encryptionConfiguration"),
        (MACHINE, {"publish": True}, "publish"),
        (ALARM, {"comparisonOperator": "Greater"}, "comparisonOperator"),
        (ALARM, {"statistic": "Median"}, "statistic"),
        (ALARM, {"statistic": None}, "statistic"),
        (ALARM, {"extendedStatistic": "p90"}, "statistic"),
        (ALARM, {"statistic": None, "extendedStatistic": "p101"}, "extendedStatistic"),
        (ALARM, {"period": 90}, "period"),
        (ALARM, {"threshold": None}, "threshold"),
        (ALARM, {"threshold": "0"}, "threshold"),
        (ALARM, {"thresholdMetricId": "e1"}, "threshold"),
        (ALARM, {"comparisonOperator": "GreaterThanUpperThreshold"}, "thresholdMetricId"),
        (ALARM, {"datapointsToAlarm": 4}, "datapointsToAlarm"),
        (ALARM, {"evaluationPeriods": 1441}, "evaluationPeriods"),
        (ALARM, {"evaluationPeriods": 169, "period": 3600}, "evaluationPeriods"),
        (ALARM, {"treatMissingData": "notbreaching"}, "treatMissingData"),
        (ALARM, {"dimensions": {"FunctionName": ""}}, "dimensions.FunctionName"),
        (ALARM, {"dimensions": {f"D{n}": "v" for n in range(31)}}, "dimensions"),
        (ALARM, {"alarmActions": [TOPIC_ARN] * 6}, "alarmActions"),
        (ALARM, {"okActions": ["topic"]}, "okActions[0]"),
        (ALARM, {"unit": "Items"}, "unit"),
        (ALARM, {**ON_QUERIES, "metricQueries": [QUERY, METRIC, METRIC]}, "metricQueries[2].id"),
        (ALARM, {**ON_QUERIES, "metricQueries": [METRIC]}, "metricQueries"),
        (ALARM, {**ON_QUERIES, "metricQueries": [{**METRIC, **QUERY}]}, "metricQueries[0]"),
        (ALARM, {**ON_QUERIES, "metricQueries": [{**QUERY, "id": "E1"}]}, "metricQueries[0].id"),
        (TABLE, {"attributes": [{"name": "pk", "type": "X"}]}, "attributes[0].type"),
        (TABLE, {"ttl": {"enabled": True}}, "ttl.attributeName"),
        (TABLE, {"billingMode": "PROVISIONED"}, "readCapacity"),
        (QLDB_STREAM, {"inclusiveStartTime": "yesterday"}, "inclusiveStartTime"),
        (QLDB_STREAM, {"inclusiveStartTime": "2020-05-29T00:00:00"}, "inclusiveStartTime"),
        (QLDB_STREAM, {"exclusiveEndTime": "2020-05-28T00:00:00Z"}, "exclusiveEndTime"),
        (QLDB_STREAM, {"streamName": "a--b"}, "streamName"),
        (QLDB_STREAM, {"streamName": "x" * 33}, "streamName"),
        ("aws:qldb/ledger:Ledger", {"permissionsMode": "NONE"}, "permissionsMode"),
        ("aws:qldb/ledger:Ledger", {"name": "123"}, "name"),
        ("aws:iam/role:Role", {"assumeRolePolicy": "{"}, "assumeRolePolicy"),
        ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 31}, "retentionInDays"),
        ("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": 43_201}, "visibilityTimeoutSeconds"),
        ("aws:s3/bucket:Bucket", {"bucket": "Capital"}, "bucket"),
        (
            "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            {"rules": [{"id": "a", "status": "Enabled"}]},
            "rules[0]",
        ),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    engine: Engine, type_name: str, inputs: dict[str, object], path: str
) -> None:
    refused = failures(engine, type_name, **inputs)
    assert path in refused
    assert all(name.startswith(path.split(".", maxsplit=1)[0]) for name in refused)
    assert type_name in refused[path]


def test_an_alarm_on_queries_has_no_metric_of_its_own(engine: Engine) -> None:
    refused = failures(engine, ALARM, metricQueries=[QUERY, METRIC], dimensions={"A": "b"})
    one = ["dimensions", "metricName", "namespace", "period", "statistic"]
    assert sorted(refused) == one
    assert not failures(engine, ALARM, **ON_QUERIES)


@pytest.mark.parametrize("type_name", sorted(GOOD))
def test_unknown_values_are_accepted_in_a_preview(engine: Engine, type_name: str) -> None:
    for declared in RESOURCES[type_name].properties:
        refused = failures(engine, type_name, **{declared.name: UNKNOWN})
        # A capacity contradicts the other inputs here whatever it will be.
        assert "must not be given" in refused.get(declared.name, "must not be given")


def test_an_unknown_type_is_refused_by_name(engine: Engine) -> None:
    urn = urn_of("aws:sfn/activity:Activity")
    [failure] = engine.check(urn, {}).failures
    assert "aws:sfn/activity:Activity" in failure.reason
    held = ManagedResource(urn, "id", {}, {})
    with pytest.raises(CallError, match="aws:sfn/activity:Activity"):
        engine.delete(held)
    with pytest.raises(CallError, match="aws:sfn/activity:Activity"):
        engine.diff(held, {})


@pytest.mark.parametrize(
    ("token", "arguments", "name"),
    [
        ("aws:index/getRegions:getRegions", {}, "aws:index/getRegions:getRegions"),
        ("aws:index/getRegion:getRegion", {"endpoint": "x"}, "argument endpoint"),
    ],
)
def test_an_unknown_function_or_argument_is_refused_by_name(
    engine: Engine, token: str, arguments: dict[str, object], name: str
) -> None:
    with pytest.raises(CallError, match=name):
        engine.invoke(token, arguments)


def test_settings_that_would_be_ignored_are_refused(engine: Engine) -> None:
    news = encode({"region": "us-east-1", "skipRegionValidation": "true", "profile": "mine"})
    response = engine.provider.CheckConfig(provider_pb2.CheckRequest(news=news), context())
    assert [failure.property for failure in response.failures] == ["profile"]


def test_a_plan_has_no_id_and_unknown_outputs(engine: Engine) -> None:
    planned = engine.create(urn_of(STREAM), GOOD[STREAM], preview=True)
    assert planned.identifier == ""
    assert planned.outputs["arn"] is UNKNOWN
    assert planned.outputs["retentionPeriod"] == 24


def test_a_planned_update_keeps_the_arn(engine: Engine) -> None:
    inputs = engine.checked(urn_of(FUNCTION), GOOD[FUNCTION])
    outputs = {**inputs, "arn": "arn:f", "codeSha256": "old", "lastModified": "then"}
    held = ManagedResource(urn_of(FUNCTION), "f", inputs, outputs)
    planned = engine.update(held, {**GOOD[FUNCTION], "timeout": 9}, preview=True)
    assert planned.outputs["arn"] == "arn:f"
    assert planned.outputs["codeSha256"] is UNKNOWN


@pytest.mark.parametrize(
    ("type_name", "change", "paths", "replaces"),
    [
        (STREAM, {"shardCount": 2}, ["shardCount"], []),
        (STREAM, {"name": "other"}, ["name"], ["name"]),
        (FUNCTION, {"code": Archive(hash="other", path="p.zip")}, ["code"], []),
        (FUNCTION, {"code": Archive(hash="h", path="moved.zip")}, [], []),
        (FUNCTION, {"timeout": UNKNOWN}, ["timeout"], []),
        (MAPPING, {"functionName": f"{ROLE_ARN}:function:f"}, [], []),
        (MAPPING, {"startingPosition": "LATEST"}, ["startingPosition"], ["startingPosition"]),
        (QLDB_STREAM, {"inclusiveStartTime": "2020-05-29T02:00:00+02:00"}, [], []),
        (
            QLDB_STREAM,
            {"kinesisConfiguration": {"streamArn": KINESIS_ARN, "aggregationEnabled": False}},
            ["kinesisConfiguration.aggregationEnabled"],
            ["kinesisConfiguration"],
        ),
        (QLDB_STREAM, {"roleArn": UNKNOWN}, ["roleArn"], ["roleArn"]),
        (TABLE, {"tags": {"a": "b"}}, ["tags"], []),
        (TABLE, {"ttl": {"enabled": False}}, [], []),
        (
            TABLE,
            {"hashKey": "k", "attributes": [{"name": "k", "type": "S"}]},
            ["hashKey"],
            ["hashKey"],
        ),
        (TABLE, WITH_INDEX, ["attributes", "globalSecondaryIndexes"], []),
        (TABLE, {"onDemandThroughput": NO_CEILINGS}, [], []),
        (TABLE, {"warmThroughput": {"readUnitsPerSecond": 12_000}}, ["warmThroughput"], []),
        (ALARM, {"threshold": 0.5, "alarmActions": [TOPIC_ARN]}, ["alarmActions", "threshold"], []),
        (ALARM, {"name": "other"}, ["name"], ["name"]),
        (
            "aws:cloudwatch/dashboard:Dashboard",
            {"dashboardBody": '{ "widgets" : [] }'},
            [],
            [],
        ),
        ("aws:sns/topicSubscription:TopicSubscription", {"endpoint": "a@b"}, ["endpoint"], None),
        ("aws:iam/role:Role", {"assumeRolePolicy": '{ "Statement" : [] }'}, [], []),
        (MACHINE, {"definition": DEFINITION.replace(" ", "\n")}, [], []),
        (MACHINE, {"definition": DEFINITION.replace("Only", "Other")}, ["definition"], []),
        (MACHINE, {"roleArn": f"{ROLE_ARN}2"}, ["roleArn"], []),
        (MACHINE, {"type": "STANDARD"}, [], []),
        (MACHINE, {"type": "EXPRESS"}, ["type"], ["type"]),
        (MACHINE, {"name": "other"}, ["name"], ["name"]),
    ],
)
def test_only_another_meaning_differs_and_only_where_it_must_replaces(
    engine: Engine,
    type_name: str,
    change: dict[str, object],
    paths: list[str],
    replaces: list[str] | None,
) -> None:
    old = engine.checked(urn_of(type_name), GOOD[type_name])
    held = ManagedResource(urn_of(type_name), "id", old, old)
    new = engine.checked(urn_of(type_name), {**GOOD[type_name], **change}, old)
    difference = engine.diff(held, new)
    assert sorted(difference.detailedDiff) == paths
    assert sorted(difference.replaces) == (paths if replaces is None else replaces)
    assert difference.changes == (difference.DIFF_SOME if paths else difference.DIFF_NONE)


@pytest.mark.parametrize("indexes", [None, []])
def test_a_table_keeps_its_indexes_when_the_program_has_none(
    engine: Engine, indexes: list[object] | None
) -> None:
    """As with the AWS provider: hashicorp/terraform-provider-aws, issue 47490."""
    old = engine.checked(urn_of(TABLE), {**GOOD[TABLE], **WITH_INDEX})
    held = ManagedResource(urn_of(TABLE), "id", old, old)
    news = {**GOOD[TABLE], "globalSecondaryIndexes": indexes}
    difference = engine.diff(held, engine.checked(urn_of(TABLE), news, old))
    assert difference.changes == difference.DIFF_NONE


def test_a_secret_stays_a_secret_in_all_that_it_goes_into(engine: Engine) -> None:
    urn = urn_of("aws:iam/role:Role")
    inputs = {"assumeRolePolicy": "{}", "tags": {"a": "b"}}
    checked = engine.check(urn, inputs, None, ["tags"]).inputs
    assert decode(checked).secrets == {"tags"}
    created = engine.provider.Create(
        provider_pb2.CreateRequest(urn=urn, properties=checked, preview=True), context()
    )
    assert decode(created.properties).secrets == {"tags", "tagsAll"}
    updated = engine.provider.Update(
        provider_pb2.UpdateRequest(id="r", urn=urn, news=checked, preview=True), context()
    )
    assert decode(updated.properties).secrets == {"tags", "tagsAll"}


@pytest.mark.parametrize("variable", sorted(ENVIRONMENT))
def test_without_an_endpoint_nothing_can_be_configured(variable: str) -> None:
    engine = Engine({**ENVIRONMENT, variable: ""}, configure=False)
    with pytest.raises(CallError, match=f"{variable} is not set"):
        engine.configure()


def test_before_configure_nothing_is_created() -> None:
    with pytest.raises(CallError, match="was not configured"):
        Engine(ENVIRONMENT, configure=False).create(urn_of(STREAM), GOOD[STREAM])


def test_the_provider_announces_its_version_and_abilities(engine: Engine) -> None:
    response = engine.configure()
    assert response.acceptSecrets
    assert response.supportsPreview
    assert not response.acceptResources
    assert not response.acceptOutputs
    info = engine.provider.GetPluginInfo(empty_pb2.Empty(), context())
    assert info.version == "7.51.1"


def test_a_defect_of_the_provider_is_an_error_line(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object) -> None:
        del arguments
        raise KeyError("lost")

    monkeypatch.setattr(planning, "plan_create", broken)
    with pytest.raises(CallError, match=r"failed in test_provider.py, line \d+: KeyError: 'lost'"):
        engine.create(urn_of(STREAM), GOOD[STREAM], preview=True)


def test_parallel_requests_get_their_own_answers(engine: Engine) -> None:
    def name(number: int) -> object:
        return engine.checked(urn_of(STREAM, f"stream{number}"), GOOD[STREAM])["name"]

    with futures.ThreadPoolExecutor(8) as pool:
        names = list(pool.map(name, range(40)))
    assert [str(given).split("-")[0] for given in names] == [f"stream{n}" for n in range(40)]
