"""Deployments change what they should, and a destruction leaves nothing.

Proves the program, the stand-in provider and the emulator together, with IAM enforced. It cannot
prove anything about the real AWS provider or AWS itself. The tests build on each other, in order:
a deployment takes seconds.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from pulumi import automation
from pulumi.automation import CommandError
from qldb_simulator.operations import CreateTable, Insert

from infra.change_warnings import RESTREAM_COMMAND
from local import aws
from local.errors import LocalError
from local.projects import LEDGER, PIPELINE
from tests.e2e.conftest import REPLICA_TABLES
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from local.projects import Project
    from local.services import Services
    from local.stack import Stacks
    from tests.support.deployed_stacks import Deployment

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

UNCHANGED = {"same"}
UNANNOUNCED = {
    automation.OpType.SAME,
    automation.OpType.READ,  # a reference to another stack
    automation.OpType.DISCARD,
}
FOLLOWERS = {"MetricAlarm", "Dashboard"}
"""Follow what they watch: tests/unit/infra tells how."""

PERSON, ATTESTATIONS = cast("list[dict[str, Any]]", REPLICA_TABLES)
BY_EMAIL = {"name": "by-email", "partitionKey": {"attribute": "email"}}


def changed(changes: Mapping[Any, int] | None) -> dict[str, int]:
    """Return Pulumi's counts of changes, except for unchanged resources."""
    return {str(kind): count for kind, count in (changes or {}).items() if kind not in UNCHANGED}


def announced(stacks: Stacks) -> Counter[str]:
    """Return what a preview announces, as operation and type, but for alarms and dashboard."""
    found: Counter[str] = Counter()

    def count(event: automation.EngineEvent) -> None:
        if event.resource_pre_event is not None:
            step = event.resource_pre_event.metadata
            kind = step.type.rpartition(":")[2]
            if step.op not in UNANNOUNCED and kind not in FOLLOWERS:
                found[f"{step.op.value} {kind}"] += 1

    stacks._open(PIPELINE).preview(on_event=count)
    return found


def new_key(services: Services) -> str:
    """Return the ARN of a customer managed key that can encrypt."""
    kms = aws.client("kms", services.endpoints.emulator)
    arn: str = kms.create_key()["KeyMetadata"]["Arn"]
    return arn


def assert_nothing_deployed(services: Services) -> None:
    endpoint = services.endpoints.emulator
    assert aws.client("kinesis", endpoint).list_streams()["StreamNames"] == []
    assert aws.client("dynamodb", endpoint).list_tables()["TableNames"] == []
    assert aws.client("iam", endpoint).list_roles()["Roles"] == []
    assert aws.client("s3", endpoint).list_buckets()["Buckets"] == []


@pytest.mark.parametrize(
    "ledger_stack", [f"organization/{LEDGER.name}/e2e", "organization/no/such"]
)
def test_without_an_upstream_ledger_nothing_is_deployed(
    stacks: Stacks, services: Services, ledger_stack: str
) -> None:
    # given an upstream stack that is not deployed, or does not exist
    stacks.change(ledgerStack=ledger_stack)
    # when deploying, without a preview / then the failure names it in one line
    with pytest.raises(LocalError) as failure:
        stacks.up_project(PIPELINE)
    lines = [line for line in str(failure.value).splitlines() if line.startswith("    error: ")]
    assert f"error: the stack '{ledger_stack}' (setting ledgerStack)" in lines[0]
    assert "Traceback" not in str(failure.value)
    # and nothing exists
    assert_nothing_deployed(services)
    stacks.change(ledgerStack=f"organization/{LEDGER.name}/e2e")


def test_with_a_disabled_key_nothing_is_deployed(stacks: Stacks, services: Services) -> None:
    # given a key that is disabled
    key = new_key(services)
    aws.client("kms", services.endpoints.emulator).disable_key(KeyId=key)
    stacks.change(ledgerStack="", kmsKeyArn=key)
    # when deploying, without a preview / then the failure names setting and remedy in one line
    with pytest.raises(LocalError) as failure:
        stacks.up_project(PIPELINE)
    stacks.change(ledgerStack=f"organization/{LEDGER.name}/e2e", kmsKeyArn="")
    lines = [line for line in str(failure.value).splitlines() if line.startswith("    error: ")]
    assert lines[0] == (
        "    error: kmsKeyArn names a key whose state is Disabled, and nothing can be encrypted "
        f"with it: aws kms enable-key --key-id {key}, or name another key"
    )
    assert "Traceback" not in str(failure.value)
    # and nothing exists
    assert_nothing_deployed(services)


def test_every_output_names_something_that_exists(deployment: Deployment) -> None:
    # given both stacks / when their outputs are looked up
    outputs = deployment.outputs
    # then each names something that exists
    stream = deployment.client("kinesis").describe_stream_summary(StreamName=outputs["streamName"])
    assert stream["StreamDescriptionSummary"]["StreamARN"] == outputs["streamArn"]
    assert stream["StreamDescriptionSummary"]["RetentionPeriodHours"] == 168
    assert stream["StreamDescriptionSummary"]["EncryptionType"] == "KMS"
    assert set(outputs["tableNames"]) == {"Person", "attestations"}
    for name in outputs["tableNames"].values():
        table = deployment.client("dynamodb").describe_table(TableName=name)["Table"]
        assert table["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    deployment.client("lambda").get_function(FunctionName=outputs["functionName"])
    deployment.client("s3").head_bucket(Bucket=outputs["failureBucketName"])
    deployment.client("sqs").get_queue_attributes(QueueUrl=outputs["failureQueueUrl"])
    assert deployment.ledger.describe_ledger(outputs["ledgerName"])["State"] == "ACTIVE"


def test_a_user_without_permissions_is_refused(deployment: Deployment) -> None:
    # given a user without any permission
    iam = deployment.client("iam")
    iam.create_user(UserName="nobody")
    keys = iam.create_access_key(UserName="nobody")["AccessKey"]
    kinesis = boto3.client(
        "kinesis",
        endpoint_url=deployment.services.endpoints.emulator,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
    )
    # when it asks for anything / then it is refused
    with pytest.raises(kinesis.exceptions.ClientError, match="AccessDenied"):
        kinesis.describe_stream_summary(StreamName=deployment.outputs["streamName"])
    iam.delete_access_key(UserName="nobody", AccessKeyId=keys["AccessKeyId"])
    iam.delete_user(UserName="nobody")


@pytest.mark.parametrize("project", [LEDGER, PIPELINE], ids=lambda project: project.name)
def test_a_second_up_changes_nothing(deployment: Deployment, project: Project) -> None:
    # given a deployed stack / when it is deployed again
    result = deployment.stacks.up_project(project)
    # then nothing is created, updated, replaced or deleted
    assert changed(result.summary.resource_changes) == {}


@pytest.mark.parametrize("project", [LEDGER, PIPELINE], ids=lambda project: project.name)
def test_a_refresh_finds_no_drift(deployment: Deployment, project: Project) -> None:
    # given a deployed stack / when its resources are read back
    result = deployment.stacks.refresh(project)
    # then each is as it was declared
    assert changed(result.summary.resource_changes) == {}


def test_a_refresh_finds_a_change_made_by_hand(deployment: Deployment) -> None:
    # given a function whose timeout was changed by hand
    functions = deployment.client("lambda")
    name = deployment.outputs["functionName"]
    functions.update_function_configuration(FunctionName=name, Timeout=7)
    # when the stack is refreshed / then that is the one drift
    result = deployment.stacks.refresh(PIPELINE)
    assert changed(result.summary.resource_changes) == {"update": 1}
    # and the next deployment repairs it
    deployment.stacks.up_project(PIPELINE)
    assert functions.get_function_configuration(FunctionName=name)["Timeout"] == 60


@pytest.mark.parametrize(
    ("setting", "value", "default", "expected"),
    [
        (
            "kmsKeyArn",
            new_key,
            "",
            {
                "update Stream": 1,
                "update Table": 2,
                "update BucketServerSideEncryptionConfiguration": 1,
                "update Queue": 1,
                "update LogGroup": 1,
                "update Function": 1,
                "update RolePolicy": 2,
            },
        ),
        (
            "ledgerStack",
            lambda _: "",
            f"organization/{LEDGER.name}/e2e",
            {
                "delete LedgerStream": 1,
                "delete Stream": 1,
                "delete Role": 1,
                "delete RolePolicy": 1,
            },
        ),
    ],
    ids=["kmsKeyArn", "ledgerStack"],
)
def test_a_changed_setting_is_announced_for_what_it_should_and_in_place(
    deployment: Deployment,
    setting: str,
    value: Callable[[Services], str],
    default: str,
    expected: dict[str, int],
) -> None:
    # given a deployed stack / when one setting changes
    deployment.stacks.change(**{setting: value(deployment.services)})
    try:
        found = announced(deployment.stacks)
    finally:
        deployment.stacks.change(**{setting: default})
    # then the preview announces just that, and replaces nothing
    assert found == expected


def test_many_settings_are_changed_in_place_and_once(deployment: Deployment) -> None:
    # given a deployed stack / when many settings change at once
    stacks = deployment.stacks
    tables = [{**PERSON, "indexes": [BY_EMAIL], "history": True}, ATTESTATIONS]
    stacks.change(
        streamMode="ON_DEMAND",
        maxRecordKibibytes=2048,
        pointInTimeRecoveryDays=7,
        tableWarmWriteUnits=5000,
        tableMaxWriteUnits=6000,
        tombstoneLifetimeDays=400,
        reservedConcurrency=5,
        parallelizationFactor=2,
        logRetentionDays=14,
        failureRetentionDays=30,
        replicaTables=tables,
    )
    found = announced(stacks)
    result = stacks.up_project(PIPELINE)
    # then each resource is updated once, and the history table is made
    assert found == {
        "update Stream": 1,
        "update Table": 2,
        "update Function": 1,
        "update RolePolicy": 1,
        "update EventSourceMapping": 1,
        "update LogGroup": 1,
        "update BucketLifecycleConfiguration": 1,
        "create HistoryTable": 1,
        "create Table": 1,
    }
    assert set(changed(result.summary.resource_changes)) == {"update", "create"}
    # and it is so
    outputs = stacks.outputs()
    dynamodb = deployment.client("dynamodb")
    person = dynamodb.describe_table(TableName=outputs["tableNames"]["Person"])["Table"]
    [index] = person["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]["ProjectionType"]) == ("by-email", "ALL")
    history = dynamodb.describe_table(TableName=outputs["historyTableName"])["Table"]
    assert [key["AttributeName"] for key in history["KeySchema"]] == ["pk", "version"]
    # and a second deployment, and a look at what is there, find nothing to do
    assert changed(stacks.up_project(PIPELINE).summary.resource_changes) == {}
    assert changed(stacks.refresh(PIPELINE).summary.resource_changes) == {}
    # and all of it can be taken back, in place, once the index is deleted as the refusal says
    stacks.change(
        streamMode="PROVISIONED",
        maxRecordKibibytes=1024,
        pointInTimeRecoveryDays=35,
        tableWarmWriteUnits=0,
        tableMaxWriteUnits=0,
        tombstoneLifetimeDays=0,
        reservedConcurrency=-1,
        parallelizationFactor=1,
        logRetentionDays=30,
        failureRetentionDays=90,
        replicaTables=REPLICA_TABLES,
    )
    with pytest.raises(LocalError, match="by-email: the AWS provider leaves the last index"):
        stacks.up_project(PIPELINE)
    deletion = [{"Delete": {"IndexName": "by-email"}}]
    name = person["TableName"]
    dynamodb.update_table(TableName=name, GlobalSecondaryIndexUpdates=deletion)
    eventually(
        lambda: "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=name)["Table"]
    )
    result = stacks.up_project(PIPELINE)
    assert set(changed(result.summary.resource_changes)) == {"update", "delete"}
    assert changed(stacks.up_project(PIPELINE).summary.resource_changes) == {}


def test_a_wrong_setting_fails_before_anything_is_touched(deployment: Deployment) -> None:
    # given a setting that Lambda would refuse
    deployment.stacks.change(lambdaTimeoutSeconds=1000)
    # when deploying / then the failure names it, and the deployment is unchanged
    with pytest.raises(Exception, match="lambdaTimeoutSeconds") as failure:
        deployment.stacks.up_project(PIPELINE)
    assert "900" in str(failure.value)
    deployment.stacks.change(lambdaTimeoutSeconds=60)
    assert changed(deployment.stacks.up_project(PIPELINE).summary.resource_changes) == {}


def test_an_added_table_is_announced_and_filled_by_a_new_stream(deployment: Deployment) -> None:
    # given documents of a table that is not replicated
    ledger, name, stacks = deployment.ledger, deployment.ledger_name, deployment.stacks
    ledger.commit(name, [CreateTable(table="Vehicle")])
    ledger.commit(name, [Insert(table="Vehicle", document={"n": n}) for n in range(3)])
    ledger.wait_delivered(name)
    # when it is added
    stacks.change(replicaTables=[*REPLICA_TABLES, {"ledgerTable": "Vehicle"}])
    result = stacks.up_project(PIPELINE)
    # then the deployment says that its table is empty
    assert "new and empty: the DynamoDB table of Vehicle." in result.stdout
    assert RESTREAM_COMMAND in result.stdout
    # and the command that it names fills it, replacing the QLDB stream alone
    _, pattern, _ = RESTREAM_COMMAND.split("'")
    result = stacks.up_project(PIPELINE, replace=[pattern])
    assert changed(result.summary.resource_changes) == {"replace": 1}
    assert "new and empty" not in result.stdout
    table = stacks.outputs()["tableNames"]["Vehicle"]
    dynamodb = deployment.client("dynamodb")
    eventually(lambda: dynamodb.scan(TableName=table, ConsistentRead=True)["Count"] == 3)


def test_a_protected_table_cannot_be_removed_and_nothing_is_touched(
    deployment: Deployment,
) -> None:
    # given a stack with deletion protection
    stacks = deployment.stacks
    stacks.change(deletionProtection=True)
    stacks.up_project(PIPELINE)
    # when one table is removed, without a preview / then the failure says what to do
    stacks.change(replicaTables=REPLICA_TABLES)
    with pytest.raises(LocalError, match="no longer names Vehicle"):
        stacks.up_project(PIPELINE)
    # and without that change the deployment is as it was
    stacks.change(replicaTables=[*REPLICA_TABLES, {"ledgerTable": "Vehicle"}])
    assert changed(stacks.up_project(PIPELINE).summary.resource_changes) == {}
    # and a destruction is refused by its preview
    with pytest.raises(CommandError, match="it is protected"):
        stacks._open(PIPELINE).destroy(preview_only=True)
    # and without the protection the table can be removed
    stacks.change(deletionProtection=False)
    stacks.up_project(PIPELINE)
    stacks.change(replicaTables=REPLICA_TABLES)
    assert announced(stacks) == {
        "delete Table": 1,
        "update Function": 1,
        "update RolePolicy": 1,
    }
    stacks.up_project(PIPELINE)


def test_destroy_leaves_nothing_behind(
    deployment: Deployment, stacks: Stacks, services: Services
) -> None:
    # given an object in the failure bucket, which would keep a bucket from being deleted
    bucket = deployment.outputs["failureBucketName"]
    deployment.client("s3").put_object(Bucket=bucket, Key="records/left.json", Body=b"{}")
    # when both stacks are destroyed
    stacks.destroy()
    # then the local AWS is empty
    client = deployment.client
    assert client("kinesis").list_streams()["StreamNames"] == []
    assert client("dynamodb").list_tables()["TableNames"] == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert client("iam").list_roles()["Roles"] == []
    assert client("s3").list_buckets()["Buckets"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("logs").describe_log_groups()["logGroups"] == []
    assert deployment.ledger.list_ledgers() == []
    assert all(services.running().values())
