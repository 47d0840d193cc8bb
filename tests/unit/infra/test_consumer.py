"""The function, its role and its event source mapping, as registered with the engine.

Proves inputs, wiring and order of creation. Cannot prove that AWS accepts them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from handler.contract import TABLES_FILE
from handler.version import project_version
from tests.support import pulumi_mocks as deployment
from tests.support.pulumi_mocks import (
    KEY_ARN,
    TAGS,
    Deployment,
    arn,
    deploy_dev,
    physical_name,
    statements,
)

NAME = "qldb-replica"
KINESIS = "aws:kinesis/stream:Stream"
TABLE = "aws:dynamodb/table:Table"
BUCKET = "aws:s3/bucket:Bucket"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


@pytest.fixture(scope="module")
def dev() -> Deployment:
    return deploy_dev()


def variables(deployed: Deployment) -> dict[str, Any]:
    found: dict[str, Any] = deployed.one(FUNCTION).inputs["environment"]["variables"]
    return found


def tables_file(deployed: Deployment) -> str:
    """Return the configuration of the tables in the function's code archive."""
    text: str = deployed.one(FUNCTION).inputs["code"]["assets"][TABLES_FILE]["text"]
    return text


def test_the_function_runs_the_handler_with_traces_and_its_own_log_group(dev: Deployment) -> None:
    inputs = dict(dev.one(FUNCTION).inputs)
    code = inputs.pop("code")
    inputs.pop("environment")

    assert set(code["assets"]) == {".", TABLES_FILE}
    assert code["assets"]["."]["path"] == str(deployment.CODE)
    assert inputs == {
        "description": "Applies the journal of a QLDB ledger to DynamoDB tables",
        "handler": "handler.app.lambda_handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "memorySize": 1024,
        "timeout": 60,
        "reservedConcurrentExecutions": -1,
        "role": arn(dev.one(ROLE, NAME)),
        "tracingConfig": {"mode": "Active"},
        "loggingConfig": {"logFormat": "Text", "logGroup": physical_name(dev.one(LOG_GROUP))},
        "tags": TAGS,
    }
    assert dev.builds == [{"runtime": "python3.13", "architecture": "arm64"}]


def test_the_function_follows_its_settings() -> None:
    changed = deploy_dev(
        lambdaRuntime="python3.11",
        lambdaArchitecture="x86_64",
        lambdaMemoryMegabytes=256,
        lambdaTimeoutSeconds=30,
        logRetentionDays=7,
        reservedConcurrency=12,
    )

    inputs = changed.one(FUNCTION).inputs
    assert inputs["runtime"] == "python3.11"
    assert inputs["architectures"] == ["x86_64"]
    assert (inputs["memorySize"], inputs["timeout"]) == (256, 30)
    assert inputs["reservedConcurrentExecutions"] == 12
    assert changed.one(LOG_GROUP).inputs == {"retentionInDays": 7, "tags": TAGS}
    assert changed.builds == [{"runtime": "python3.11", "architecture": "x86_64"}]


def test_the_handlers_environment_names_its_tables_and_failure_bucket(dev: Deployment) -> None:
    passed = variables(dev)

    assert json.loads(tables_file(dev)) == {
        "Person": {
            "tableName": physical_name(dev.one(TABLE)),
            "attributes": {
                "firstName": ["firstName"],
                "lastName": ["lastName"],
                "email": ["email"],
                "address": ["address"],
            },
        }
    }
    assert passed == {
        "FAILURE_BUCKET": physical_name(dev.one(BUCKET)),
        "REPLICA_VERSION": project_version(),
        "POWERTOOLS_SERVICE_NAME": f"{deployment.PROJECT}-{deployment.STACK}",
        "POWERTOOLS_METRICS_NAMESPACE": "QldbReplica",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def test_paths_and_whole_documents_reach_the_handler() -> None:
    changed = deploy_dev(
        replicaTables=[
            {"ledgerTable": "Person", "attributes": {"city": "address.city"}},
            {"ledgerTable": "Vehicle"},
        ],
        logLevel="DEBUG",
        tombstoneLifetimeDays=400,
    )

    passed = variables(changed)
    assert tables_file(changed) == (
        '{"Person":{"tableName":"qldb-Person-physical","attributes":{"city":["address","city"]},'
        '"tombstoneLifetimeDays":400},'
        '"Vehicle":{"tableName":"qldb-Vehicle-physical","tombstoneLifetimeDays":400}}'
    )
    assert passed["POWERTOOLS_LOG_LEVEL"] == "DEBUG"


def test_a_hundred_tables_leave_the_environment_as_short_as_one() -> None:
    # given 100 tables of 8 attributes
    attributes = {f"attribute{n}": f"outer.field{n}" for n in range(8)}
    tables = [{"ledgerTable": f"Table{n:03}", "attributes": attributes} for n in range(100)]
    # when they are deployed
    deployed = deploy_dev(replicaTables=tables)
    # then their configuration is in the code archive, and Lambda's limit of 4 KB is far away
    assert list(json.loads(tables_file(deployed))) == [f"Table{n:03}" for n in range(100)]
    assert len(json.dumps(variables(deployed))) < 512


def test_no_record_is_read_before_a_failure_would_reach_the_queue(dev: Deployment) -> None:
    notification = dev.one("aws:s3/bucketNotification:BucketNotification")

    assert notification.urn in dev.one(MAPPING).dependencies


def test_only_lambda_may_assume_the_role(dev: Deployment) -> None:
    assert statements(dev.one(ROLE, NAME).inputs["assumeRolePolicy"]) == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ]


def test_the_role_allows_exactly_the_actions_and_resources_in_use() -> None:
    tables = [{"ledgerTable": "Person", "history": True}, {"ledgerTable": "Vehicle"}]
    deployed = deploy_dev(replicaTables=tables)
    policy = deployed.one(ROLE_POLICY, NAME).inputs
    bucket = arn(deployed.one(BUCKET))

    assert policy["role"] == physical_name(deployed.one(ROLE, NAME))
    found = statements(policy["policy"])
    assert all(statement["Effect"] == "Allow" for statement in found)
    assert {
        statement["Sid"]: (set(statement["Action"]), statement["Resource"]) for statement in found
    } == {
        "ReadJournal": (
            {
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
            },
            arn(deployed.one(KINESIS)),
        ),
        "WriteReplica": (
            {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem"},
            [arn(deployed.one(TABLE, "qldb-Person")), arn(deployed.one(TABLE, "qldb-Vehicle"))],
        ),
        "WriteHistory": (
            {"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PutItem"},
            arn(deployed.one(TABLE, "qldb-history")),
        ),
        "KeepFailures": ({"s3:PutObject"}, [f"{bucket}/records/*", f"{bucket}/aws/lambda/*"]),
        "FindFailureBucket": ({"s3:ListBucket"}, bucket),
        "Log": (
            {"logs:CreateLogStream", "logs:PutLogEvents"},
            f"{arn(deployed.one(LOG_GROUP))}:*",
        ),
        "Trace": ({"xray:PutTelemetryRecords", "xray:PutTraceSegments"}, "*"),
    }


def test_without_history_the_role_allows_nothing_for_it(dev: Deployment) -> None:
    found = statements(dev.one(ROLE_POLICY, NAME).inputs["policy"])

    assert "WriteHistory" not in {statement["Sid"] for statement in found}


def test_with_a_customer_key_the_role_may_use_it_where_its_work_needs_it() -> None:
    deployed = deploy_dev(kmsKeyArn=KEY_ARN)
    found = statements(deployed.one(ROLE_POLICY, NAME).inputs["policy"])

    assert {
        statement["Sid"]: (statement["Action"], statement["Condition"])
        for statement in found
        if statement["Resource"] == KEY_ARN
    } == {
        "DecryptJournal": (
            ["kms:Decrypt"],
            {"StringEquals": {"kms:EncryptionContext:aws:kinesis:arn": arn(deployed.one(KINESIS))}},
        ),
        "OpenTables": (
            ["kms:Decrypt"],
            {"StringEquals": {"kms:ViaService": f"dynamodb.{deployment.REGION}.amazonaws.com"}},
        ),
        "EncryptFailures": (
            ["kms:GenerateDataKey"],
            {"StringEquals": {"kms:ViaService": f"s3.{deployment.REGION}.amazonaws.com"}},
        ),
        "DecryptVariables": (
            ["kms:Decrypt"],
            {
                "StringLike": {
                    "kms:EncryptionContext:aws:lambda:FunctionArn": (
                        "arn:*:lambda:*:*:function:qldb-replica-*"
                    )
                }
            },
        ),
    }


def test_with_a_customer_key_variables_and_logs_are_encrypted() -> None:
    deployed = deploy_dev(kmsKeyArn=KEY_ARN)

    assert deployed.one(FUNCTION).inputs["kmsKeyArn"] == KEY_ARN
    assert deployed.one(LOG_GROUP).inputs["kmsKeyId"] == KEY_ARN


def test_without_a_customer_key_nothing_names_one(dev: Deployment) -> None:
    assert "kmsKeyArn" not in dev.one(FUNCTION).inputs
    assert "kmsKeyId" not in dev.one(LOG_GROUP).inputs
    assert "kms:" not in dev.one(ROLE_POLICY, NAME).inputs["policy"]


def test_the_handler_knows_the_history_table_and_who_keeps_history() -> None:
    tables = [{"ledgerTable": "Person", "history": True}, {"ledgerTable": "Vehicle"}]
    deployed = deploy_dev(replicaTables=tables)

    assert variables(deployed)["HISTORY_TABLE"] == "qldb-history-physical"
    assert json.loads(tables_file(deployed)) == {
        "Person": {"tableName": "qldb-Person-physical", "history": True},
        "Vehicle": {"tableName": "qldb-Vehicle-physical"},
    }


def test_the_mapping_reads_from_the_first_record_and_gives_up_into_the_bucket(
    dev: Deployment,
) -> None:
    assert dev.one(MAPPING).inputs == {
        "eventSourceArn": arn(dev.one(KINESIS)),
        "functionName": physical_name(dev.one(FUNCTION)),
        "startingPosition": "TRIM_HORIZON",
        "batchSize": 100,
        "maximumBatchingWindowInSeconds": 0,
        "parallelizationFactor": 1,
        "maximumRetryAttempts": 60,
        "maximumRecordAgeInSeconds": 86400,
        "bisectBatchOnFunctionError": True,
        "functionResponseTypes": ["ReportBatchItemFailures"],
        "metricsConfig": {"metrics": ["EventCount"]},
        "destinationConfig": {"onFailure": {"destinationArn": arn(dev.one(BUCKET))}},
        "tags": TAGS,
    }


def test_the_mapping_follows_its_settings() -> None:
    changed = deploy_dev(
        batchSize=10,
        batchingWindowSeconds=5,
        parallelizationFactor=10,
        maximumRetryAttempts=-1,
        maximumRecordAgeSeconds=3600,
    )

    inputs = changed.one(MAPPING).inputs
    assert inputs["batchSize"] == 10
    assert inputs["maximumBatchingWindowInSeconds"] == 5
    assert inputs["parallelizationFactor"] == 10
    assert inputs["maximumRetryAttempts"] == -1
    assert inputs["maximumRecordAgeInSeconds"] == 3600


@pytest.mark.parametrize("type_", [FUNCTION, MAPPING])
def test_function_and_mapping_are_created_after_their_permissions(
    dev: Deployment, type_: str
) -> None:
    assert dev.one(ROLE_POLICY, NAME).urn in dev.one(type_).dependencies
