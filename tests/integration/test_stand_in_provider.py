"""Proves each resource type of the stand-in provider against the local AWS.

Every type goes through create, read, second deployment, update, read, delete, read. It cannot prove
that the real AWS provider does the same.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pulumi_aws_standin.testing import CallError, ManagedResource, urn_of
from pulumi_aws_standin.wire import Archive, Asset

from tests.support.stand_in import (
    ACCOUNT,
    LAMBDA_TRUST,
    QLDB_TRUST,
    ConnectedProvider,
    connected_provider,
    policy,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator

CALLER = """
import os
import boto3
from botocore.exceptions import ClientError

def attempt(call, success):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return success

def handler(event, context):
    statement = "INSERT INTO \\"%s\\" VALUE {\'pk\': \'%s\'}" % (os.environ["TABLE"], event["key"])
    dynamodb, s3 = boto3.client("dynamodb"), boto3.client("s3")
    batch = [{"Statement": statement}]
    return [
        attempt(lambda: dynamodb.batch_execute_statement(Statements=batch), "written"),
        attempt(lambda: s3.put_object(Bucket=os.environ["BUCKET"], Key="k", Body=b""), "put"),
    ]
"""
"""A function that returns the results of a PartiQL batch and an S3 PutObject."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """The inputs and expectations of a resource in two deployments.

    Attributes
    ----------
    inputs, changed
        Inputs of the first and of the second deployment.
    gone_after_delete
        False if AWS shows a default after the deletion.
    """

    type_name: str
    inputs: dict[str, object]
    changed: dict[str, object]
    outputs: tuple[str, ...] = ()
    gone_after_delete: bool = True


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConnectedProvider]:
    with connected_provider(tmp_path_factory.mktemp("emulator")) as connected:
        yield connected


def assert_lifecycle(provider: ConnectedProvider, case: Case) -> ManagedResource:
    """Create, refresh, check again and update a resource; return it."""
    engine = provider.engine
    urn = urn_of(case.type_name)
    held = engine.create(urn, case.inputs)
    for output in case.outputs:
        assert held.outputs[output], output

    read = engine.refresh(held)
    assert read.identifier == held.identifier
    assert without_contents(read.inputs) == without_contents(held.inputs)
    assert without_contents(read.outputs) == without_contents(held.outputs)

    again = engine.checked(urn, case.inputs, read.inputs)
    difference = engine.diff(read, again)
    assert not difference.diffs
    assert difference.changes == difference.DIFF_NONE

    if case.changed != case.inputs:
        after = engine.checked(urn, case.changed, read.inputs)
        difference = engine.diff(read, after)
        assert difference.changes == difference.DIFF_SOME
        assert not difference.replaces
        held = engine.update(read, case.changed)
        read = engine.refresh(held)
        assert without_contents(read.inputs) == without_contents(held.inputs)
        difference = engine.diff(read, engine.checked(urn, case.changed, read.inputs))
        assert not difference.diffs
    return held


def assert_deletable(provider: ConnectedProvider, case: Case, held: ManagedResource) -> None:
    """Delete a resource, check that it is gone, and delete it again without an error."""
    provider.engine.delete(held)
    if case.gone_after_delete:
        assert provider.engine.refresh(held).identifier == ""
    provider.engine.delete(held)


def without_contents(outputs: dict[str, object]) -> dict[str, object]:
    return {
        name: value.hash if isinstance(value, Archive) else value for name, value in outputs.items()
    }


def zipped(text: str, folder: Path) -> Archive:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        target.writestr(zipfile.ZipInfo("main.py"), text)
    path = folder / f"{abs(hash(text))}.zip"
    path.write_bytes(buffer.getvalue())
    return Archive(hash=str(hash(text)), path=str(path))


def test_a_stream_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:kinesis/stream:Stream",
        inputs={
            "shardCount": 1,
            "retentionPeriod": 168,
            "encryptionType": "KMS",
            "kmsKeyId": "alias/aws/kinesis",
            "streamModeDetails": {"streamMode": "PROVISIONED"},
            "tags": {"Project": "a", "Old": "b"},
        },
        changed={"shardCount": 1, "retentionPeriod": 24, "tags": {"Project": "c"}},
        outputs=("arn", "name", "tagsAll", "region"),
    )
    held = assert_lifecycle(provider, case)
    summary = provider.client("kinesis").describe_stream_summary(StreamName=held.outputs["name"])[
        "StreamDescriptionSummary"
    ]
    assert summary["EncryptionType"] == "NONE"
    assert_deletable(provider, case, held)


def test_another_number_of_shards_is_refused_and_no_record_is_lost(
    provider: ConnectedProvider,
) -> None:
    # given a stream with a record
    engine, kinesis = provider.engine, provider.client("kinesis")
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "resharded"), {"shardCount": 1})
    name = str(stream.outputs["name"])
    kinesis.put_record(StreamName=name, Data=b"kept", PartitionKey="any")
    # when it is to have two shards / then that is refused, with the reason
    with pytest.raises(CallError, match=r"applying shardCount: the emulator's UpdateShardCount"):
        engine.update(stream, {"shardCount": 2})
    # and the record is where it was, and the next deployment has nothing to make good
    assert records(kinesis, name) == [b"kept"]
    assert engine.update(stream, {"shardCount": 1}).outputs["shardCount"] == 1

    # when the emulator is asked itself / then it loses the record, which is why
    kinesis.update_shard_count(StreamName=name, TargetShardCount=2, ScalingType="UNIFORM_SCALING")
    assert records(kinesis, name) == []
    engine.delete(stream)


def test_a_mapping_reads_a_stream_that_its_function_may_not_read(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    """The emulator never checks; AWS refuses. A unit test checks the program's actions."""
    # given a function whose role has no permission at all, and a mapping on a stream
    engine = provider.engine
    role = engine.create(
        urn_of("aws:iam/role:Role", "powerless"), {"assumeRolePolicy": LAMBDA_TRUST}
    )
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "unread"), {"shardCount": 1})
    function = engine.create(
        urn_of("aws:lambda/function:Function", "powerless"),
        {
            "role": role.outputs["arn"],
            "handler": "main.handler",
            "runtime": "python3.11",
            "code": zipped("def handler(event, context): return {}", tmp_path),
        },
    )
    mapping = engine.create(
        urn_of("aws:lambda/eventSourceMapping:EventSourceMapping", "powerless"),
        {
            "eventSourceArn": stream.outputs["arn"],
            "functionName": function.outputs["name"],
            "startingPosition": "TRIM_HORIZON",
        },
    )
    # when a record comes
    provider.client("kinesis").put_record(
        StreamName=stream.outputs["name"], Data=b"any", PartitionKey="any"
    )
    # then the function gets it all the same
    functions = provider.client("lambda")
    deadline = time.monotonic() + 20
    while not result_of(functions, mapping).startswith("OK"):
        assert time.monotonic() < deadline, result_of(functions, mapping)
        time.sleep(0.1)
    for resource in (mapping, function, stream, role):
        engine.delete(resource)


def result_of(functions: Any, mapping: ManagedResource) -> str:  # noqa: ANN401 (boto3's clients share no type)
    """Return the result of a mapping's last batch."""
    answer = functions.get_event_source_mapping(UUID=mapping.identifier)
    return str(answer.get("LastProcessingResult", ""))


def records(kinesis: Any, stream: str) -> list[bytes]:  # noqa: ANN401 (boto3's clients share no type)
    """Return the records of all shards of a stream."""
    found: list[bytes] = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator)
        found += [record["Data"] for record in answer["Records"]]
    return found


def test_a_role_and_its_policy_are_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    role_case = Case(
        type_name="aws:iam/role:Role",
        inputs={"assumeRolePolicy": LAMBDA_TRUST, "tags": {"a": "b"}},
        changed={"assumeRolePolicy": QLDB_TRUST, "description": "new", "tags": {"c": "d"}},
        outputs=("arn", "name", "uniqueId"),
    )
    role = assert_lifecycle(provider, role_case)
    policy_case = Case(
        type_name="aws:iam/rolePolicy:RolePolicy",
        inputs={"role": role.identifier, "policy": policy("s3:PutObject")},
        changed={
            "role": role.identifier,
            "policy": policy("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"),
        },
        outputs=("name",),
    )
    inline = assert_lifecycle(provider, policy_case)
    stored = provider.client("iam").get_role_policy(
        RoleName=role.identifier, PolicyName=inline.outputs["name"]
    )
    assert "dynamodb:BatchExecuteStatement" in json.dumps(stored["PolicyDocument"])
    with pytest.raises(CallError, match="DeleteConflict"):
        provider.engine.delete(role)
    assert_deletable(provider, policy_case, inline)
    assert_deletable(provider, role_case, role)


def test_a_table_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    key: dict[str, object] = {
        "attributes": [{"name": "pk", "type": "S"}],
        "hashKey": "pk",
        "billingMode": "PAY_PER_REQUEST",
    }
    case = Case(
        type_name="aws:dynamodb/table:Table",
        inputs={
            **key,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 7},
            "serverSideEncryption": {"enabled": True},
            "ttl": {"enabled": True, "attributeName": "expiresAt"},
            "deletionProtectionEnabled": True,
            "tags": {"a": "b"},
        },
        changed={
            **key,
            "pointInTimeRecovery": {"enabled": True, "recoveryPeriodInDays": 9},
            "ttl": {"enabled": True, "attributeName": "otherAttribute"},
            "tags": {"a": "c"},
        },
        outputs=("arn", "name"),
    )
    held = assert_lifecycle(provider, case)
    described = provider.client("dynamodb").describe_time_to_live(TableName=held.identifier)
    assert described["TimeToLiveDescription"]["AttributeName"] == "otherAttribute"
    assert_deletable(provider, case, held)


def test_deletion_protection_of_a_table_refuses_the_deletion(provider: ConnectedProvider) -> None:
    inputs: dict[str, object] = {
        "attributes": [{"name": "pk", "type": "S"}],
        "hashKey": "pk",
        "billingMode": "PAY_PER_REQUEST",
        "deletionProtectionEnabled": True,
    }
    held = provider.engine.create(urn_of("aws:dynamodb/table:Table", "guarded"), inputs)
    with pytest.raises(CallError, match="protected against deletion"):
        provider.engine.delete(held)
    held = provider.engine.update(held, {**inputs, "deletionProtectionEnabled": False})
    provider.engine.delete(held)


def test_a_log_group_is_created_updated_and_deleted(provider: ConnectedProvider) -> None:
    case = Case(
        type_name="aws:cloudwatch/logGroup:LogGroup",
        inputs={"name": "/aws/lambda/a-function", "retentionInDays": 30, "tags": {"a": "b"}},
        changed={"name": "/aws/lambda/a-function", "tags": {"a": "c"}},
        outputs=("arn",),
    )
    assert_deletable(provider, case, assert_lifecycle(provider, case))


def test_a_function_and_its_mapping_are_created_updated_and_deleted(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "worker"), {"assumeRolePolicy": LAMBDA_TRUST})
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "source"), {"shardCount": 1})
    common: dict[str, object] = {
        "role": role.outputs["arn"],
        "handler": "main.handler",
        "runtime": "python3.11",
    }
    function_case = Case(
        type_name="aws:lambda/function:Function",
        inputs={
            **common,
            "code": zipped("def handler(event, context): return 1", tmp_path),
            "timeout": 60,
            "memorySize": 1024,
            "architectures": ["x86_64"],
            "environment": {"variables": {"A": "1", "B": "2"}},
            "tracingConfig": {"mode": "Active"},
            "loggingConfig": {
                "logFormat": "JSON",
                "logGroup": "/aws/lambda/group",
                "applicationLogLevel": "INFO",
            },
            "tags": {"a": "b"},
        },
        changed={
            **common,
            "code": zipped("def handler(event, context): return 2", tmp_path),
            "timeout": 30,
            "environment": {"variables": {"A": "3"}},
            "tags": {"a": "c"},
            "reservedConcurrentExecutions": 5,
        },
        outputs=("arn", "codeSha256", "invokeArn", "name"),
    )
    function = assert_lifecycle(provider, function_case)
    called = provider.client("lambda").invoke(FunctionName=function.identifier)
    assert called["Payload"].read() == b"2"

    start: dict[str, object] = {
        "eventSourceArn": stream.outputs["arn"],
        "functionName": function.outputs["arn"],
        "startingPosition": "TRIM_HORIZON",
    }
    mapping_case = Case(
        type_name="aws:lambda/eventSourceMapping:EventSourceMapping",
        inputs={
            **start,
            "batchSize": 200,
            "maximumBatchingWindowInSeconds": 1,
            "bisectBatchOnFunctionError": True,
            "parallelizationFactor": 10,
            "maximumRetryAttempts": 0,
            "maximumRecordAgeInSeconds": 3600,
            "functionResponseTypes": ["ReportBatchItemFailures"],
            "destinationConfig": {"onFailure": {"destinationArn": "arn:aws:s3:::failures"}},
            "tags": {"a": "b"},
        },
        changed={**start, "functionName": function.identifier, "tags": {"c": "d"}},
        outputs=("uuid", "functionArn", "state"),
    )
    mapping = assert_lifecycle(provider, mapping_case)
    reported = provider.client("lambda").get_event_source_mapping(UUID=mapping.identifier)
    assert reported["BatchSize"] == 100
    assert not reported.get("DestinationConfig", {}).get("OnFailure")
    assert_deletable(provider, mapping_case, mapping)
    assert_deletable(provider, function_case, function)
    provider.engine.delete(stream)
    provider.engine.delete(role)


def test_code_changed_outside_of_pulumi_is_drift(
    provider: ConnectedProvider, tmp_path: Path
) -> None:
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "coder"), {"assumeRolePolicy": LAMBDA_TRUST})
    assets = {"main.py": Asset(hash="h", text="def handler(event, context): return 1")}
    inputs: dict[str, object] = {
        "role": role.outputs["arn"],
        "handler": "main.handler",
        "runtime": "python3.11",
        "code": Archive(hash="one", assets=assets),
    }
    held = engine.create(urn_of("aws:lambda/function:Function", "coded"), inputs)
    other = zipped("def handler(event, context): return 7", tmp_path).path
    assert other is not None
    with open(other, "rb") as file:  # noqa: PTH123 (the path is a string)
        provider.client("lambda").update_function_code(
            FunctionName=held.identifier, ZipFile=file.read()
        )
    read = engine.refresh(held)
    assert "code" not in read.inputs
    difference = engine.diff(read, engine.checked(held.urn, inputs, read.inputs))
    assert list(difference.detailedDiff) == ["code"]
    held = engine.update(read, inputs)
    assert engine.refresh(held).inputs["code"] == Archive(hash="one")
    engine.delete(held)
    engine.delete(role)


def test_a_bucket_and_its_settings_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    engine = provider.engine
    bucket_case = Case(
        type_name="aws:s3/bucket:Bucket",
        inputs={"forceDestroy": False, "tags": {"a": "b"}},
        changed={"forceDestroy": True},
        outputs=("arn", "bucket"),
    )
    bucket = assert_lifecycle(provider, bucket_case)
    name = bucket.identifier
    queue_case = Case(
        type_name="aws:sqs/queue:Queue",
        inputs={
            "messageRetentionSeconds": 1_209_600,
            "visibilityTimeoutSeconds": 60,
            "sqsManagedSseEnabled": True,
            "tags": {"a": "b"},
        },
        changed={"sqsManagedSseEnabled": False, "tags": {"a": "c"}},
        outputs=("arn", "url", "name"),
    )
    queue = assert_lifecycle(provider, queue_case)
    queue_arn = queue.outputs["arn"]

    def queue_policy(account: str) -> str:
        return json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {
                        "StringEquals": {"aws:SourceAccount": account},
                        "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{name}"},
                    },
                },
            }
        )

    encryption: dict[str, object] = {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}
    }
    rule: dict[str, object] = {
        "id": "expire",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "expiration": {"days": 90},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
    }
    insecure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    bucket_policy = json.dumps({"Version": "2012-10-17", "Statement": [insecure]})
    other_policy = json.dumps(
        {"Version": "2012-10-17", "Statement": [{**insecure, "Action": "s3:PutObject"}]}
    )
    target: dict[str, object] = {
        "queueArn": queue_arn,
        "events": ["s3:ObjectCreated:*"],
    }
    blocks = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    cases = [
        Case(
            type_name="aws:sqs/queuePolicy:QueuePolicy",
            inputs={"queueUrl": queue.identifier, "policy": queue_policy(ACCOUNT)},
            changed={"queueUrl": queue.identifier, "policy": queue_policy("0" * 11 + "1")},
        ),
        Case(
            type_name="aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            inputs={"bucket": name, **dict.fromkeys(blocks, True)},
            changed={"bucket": name, **dict.fromkeys(blocks, True), "blockPublicAcls": False},
            gone_after_delete=False,
        ),
        Case(
            type_name=(
                "aws:s3/bucketServerSideEncryptionConfiguration:"
                "BucketServerSideEncryptionConfiguration"
            ),
            inputs={"bucket": name, "rules": [{**encryption, "bucketKeyEnabled": True}]},
            changed={"bucket": name, "rules": [encryption]},
            gone_after_delete=False,
        ),
        Case(
            type_name="aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
            inputs={"bucket": name, "rules": [rule]},
            changed={
                "bucket": name,
                "rules": [
                    {
                        "id": "expire",
                        "status": "Enabled",
                        "noncurrentVersionExpiration": {"noncurrentDays": 1},
                    }
                ],
            },
        ),
        Case(
            type_name="aws:s3/bucketPolicy:BucketPolicy",
            inputs={"bucket": name, "policy": bucket_policy},
            changed={"bucket": name, "policy": other_policy},
        ),
    ]
    for case in cases:
        assert_deletable(provider, case, assert_lifecycle(provider, case))

    permission = engine.create(urn_of("aws:sqs/queuePolicy:QueuePolicy"), cases[0].inputs)
    notification_case = Case(
        type_name="aws:s3/bucketNotification:BucketNotification",
        inputs={"bucket": name, "queues": [{**target, "filterPrefix": "records/"}]},
        changed={"bucket": name, "queues": [{**target, "id": "named"}]},
    )
    notification = assert_lifecycle(provider, notification_case)
    provider.client("s3").put_object(Bucket=name, Key="records/1", Body=b"x")
    with pytest.raises(CallError, match="BucketNotEmpty"):
        engine.delete(
            ManagedResource(
                bucket.urn, name, {"bucket": name, "forceDestroy": False}, bucket.outputs
            )
        )
    assert_deletable(provider, notification_case, notification)
    engine.delete(permission)
    assert_deletable(provider, queue_case, queue)
    assert_deletable(provider, bucket_case, bucket)


def test_a_ledger_and_its_stream_are_created_updated_and_deleted(
    provider: ConnectedProvider,
) -> None:
    engine = provider.engine
    ledger_case = Case(
        type_name="aws:qldb/ledger:Ledger",
        inputs={"permissionsMode": "ALLOW_ALL", "tags": {"a": "b", "gone": "x"}},
        changed={"permissionsMode": "STANDARD", "deletionProtection": False, "tags": {"a": "c"}},
        outputs=("arn", "name"),
    )
    guarded = engine.create(urn_of(ledger_case.type_name, "guarded"), ledger_case.inputs)
    with pytest.raises(CallError, match="ResourcePreconditionNotMetException"):
        engine.delete(guarded)
    ledger = assert_lifecycle(provider, ledger_case)

    target = engine.create(urn_of("aws:kinesis/stream:Stream", "target"), {"shardCount": 1})
    role = engine.create(
        urn_of("aws:iam/role:Role", "streamer"),
        {"assumeRolePolicy": QLDB_TRUST},
    )
    actions = [f"kinesis:{name}" for name in ("PutRecord*", "DescribeStream", "ListShards")]
    permission = engine.create(
        urn_of("aws:iam/rolePolicy:RolePolicy", "streamer"),
        {"role": role.identifier, "policy": policy(*actions, resource=str(target.outputs["arn"]))},
    )
    stream_inputs: dict[str, object] = {
        "ledgerName": ledger.identifier,
        "streamName": "to-kinesis",
        "inclusiveStartTime": "2020-05-29T00:00:00Z",
        "roleArn": role.outputs["arn"],
        "kinesisConfiguration": {"streamArn": target.outputs["arn"]},
    }
    stream_case = Case(
        type_name="aws:qldb/stream:Stream",
        inputs={**stream_inputs, "tags": {"a": "b"}},
        changed={**stream_inputs, "tags": {"c": "d"}},
        outputs=("arn",),
    )
    stream = assert_lifecycle(provider, stream_case)
    assert_deletable(provider, stream_case, stream)
    assert_deletable(provider, ledger_case, ledger)
    for held in (permission, role, target):
        engine.delete(held)


def test_a_functions_permissions_are_those_of_the_program(provider: ConnectedProvider) -> None:
    """The policy for the emulator gives a role exactly the permissions that it has on AWS."""
    engine = provider.engine
    role = engine.create(urn_of("aws:iam/role:Role", "narrow"), {"assumeRolePolicy": LAMBDA_TRUST})
    table = engine.create(
        urn_of("aws:dynamodb/table:Table", "narrow"),
        {
            "attributes": [{"name": "pk", "type": "S"}],
            "hashKey": "pk",
            "billingMode": "PAY_PER_REQUEST",
        },
    )
    bucket = engine.create(urn_of("aws:s3/bucket:Bucket", "narrow"), {"forceDestroy": True})
    function = engine.create(
        urn_of("aws:lambda/function:Function", "narrow"),
        {
            "role": role.outputs["arn"],
            "runtime": "python3.11",
            "handler": "main.handler",
            "timeout": 30,
            "code": Archive(hash="1", assets={"main.py": Asset(hash="2", text=CALLER)}),
            "environment": {"variables": {"TABLE": table.identifier, "BUCKET": bucket.identifier}},
        },
    )

    def called(key: str) -> object:
        answer = provider.client("lambda").invoke(
            FunctionName=function.identifier, Payload=json.dumps({"key": key})
        )
        return json.loads(answer["Payload"].read())

    refused = "AccessDeniedException"
    assert called("a") == [refused, "AccessDenied"]

    table_arn, bucket_arn = str(table.outputs["arn"]), str(bucket.outputs["arn"])
    insert, update = "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"

    def permitted(*actions: str) -> dict[str, object]:
        may_write = {"Effect": "Allow", "Action": list(actions), "Resource": table_arn}
        may_put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket_arn}/*"}
        document = {"Version": "2012-10-17", "Statement": [may_write, may_put]}
        return {"role": role.identifier, "policy": json.dumps(document)}

    inline = engine.create(
        urn_of("aws:iam/rolePolicy:RolePolicy", "narrow"), permitted(insert, update)
    )
    assert called("b") == ["written", "put"]
    for lacking in (insert, update):
        inline = engine.update(inline, permitted(lacking))
        assert called("c") == [refused, "put"]

    only_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    tls = engine.create(
        urn_of("aws:s3/bucketPolicy:BucketPolicy", "narrow"),
        {
            "bucket": bucket.identifier,
            "policy": json.dumps({"Version": "2012-10-17", "Statement": [only_tls]}),
        },
    )
    assert called("d") == [refused, "put"]
    for held in (tls, inline, function, bucket, table, role):
        engine.delete(held)


def test_a_resource_that_got_another_logical_name_by_an_alias_keeps_its_physical_name(
    provider: ConnectedProvider,
) -> None:
    # given a queue that was named after its first logical name
    engine = provider.engine
    first = engine.create(urn_of("aws:sqs/queue:Queue", "first"), {})
    # when it has another one, as the engine tells by the URN
    renamed = ManagedResource(
        urn_of("aws:sqs/queue:Queue", "second"), first.identifier, first.inputs, first.outputs
    )
    # then nothing differs, and an update of something else is one of the same queue
    checked = engine.checked(renamed.urn, {}, renamed.inputs)
    assert not engine.diff(renamed, checked).diffs
    updated = engine.update(renamed, {"tags": {"a": "b"}})
    assert updated.outputs["url"] == first.outputs["url"]
    assert updated.outputs["name"] == first.outputs["name"]
    engine.delete(updated)


def test_drift_is_found_and_repaired(provider: ConnectedProvider) -> None:
    engine = provider.engine
    inputs: dict[str, object] = {"messageRetentionSeconds": 600, "tags": {"a": "b"}}
    held = engine.create(urn_of("aws:sqs/queue:Queue", "drifting"), inputs)
    client = provider.client("sqs")
    client.set_queue_attributes(QueueUrl=held.identifier, Attributes={"VisibilityTimeout": "99"})
    client.tag_queue(QueueUrl=held.identifier, Tags={"stranger": "1"})
    read = engine.refresh(held)
    assert read.inputs["visibilityTimeoutSeconds"] == 99
    difference = engine.diff(read, engine.checked(held.urn, inputs, read.inputs))
    assert sorted(difference.detailedDiff) == ["tags.stranger", "visibilityTimeoutSeconds"]
    held = engine.update(read, inputs)
    assert engine.refresh(held).inputs == held.inputs
    engine.delete(held)


def test_a_failed_follow_up_keeps_the_resource_in_the_state(provider: ConnectedProvider) -> None:
    """The emulator has no UpdateStreamMode."""
    engine = provider.engine
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "partial"), {"shardCount": 1})
    changed = {"streamModeDetails": {"streamMode": "ON_DEMAND"}, "retentionPeriod": 48}
    with pytest.raises(CallError, match=r"streamModeDetails: InvalidAction") as failure:
        engine.update(stream, changed)
    detail = failure.value.detail
    assert detail is not None
    assert detail.id == stream.identifier
    assert detail.properties.fields["retentionPeriod"].number_value == 24
    engine.delete(stream)


def test_an_error_of_the_service_names_type_name_code_and_reason(
    provider: ConnectedProvider,
) -> None:
    with pytest.raises(
        CallError,
        match=r'creating aws:iam/rolePolicy:RolePolicy "lost": NoSuchEntity: .*nobody',
    ) as failure:
        provider.engine.create(
            urn_of("aws:iam/rolePolicy:RolePolicy", "lost"),
            {"role": "nobody", "policy": policy("s3:GetObject")},
        )
    assert failure.value.detail is None


def test_functions_answer_for_the_emulators_account(provider: ConnectedProvider) -> None:
    identity = provider.engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert identity["accountId"] == ACCOUNT
    region = provider.engine.invoke("aws:index/getRegion:getRegion", {})
    assert region["region"] == region["name"] == "us-east-1"
    partition = provider.engine.invoke("aws:index/getPartition:getPartition", {})
    assert partition["partition"] == "aws"
