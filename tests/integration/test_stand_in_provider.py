"""Proves each resource type of the stand-in provider against the local AWS.

Every type goes through create, read, second deployment, update, read, delete, read. It cannot prove
that the real AWS provider does the same.
"""

from __future__ import annotations

import io
import json
import socket
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from pulumi_aws_standin.testing import CallError, Engine, Held, urn_of
from pulumi_aws_standin.wire import Archive, Asset
from qldb_simulator.control_plane import Surroundings
from qldb_simulator.service import QldbService

from local.emulator import Emulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator

ACCOUNT = "000000000000"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
OTHER_TRUST = TRUST.replace("lambda", "qldb")


#: A function that answers how a PartiQL batch and an S3 PutObject went.
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


def policy(*actions: str, resource: str = "*", **more: object) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@dataclass(frozen=True, kw_only=True)
class World:
    """The provider, connected to the emulator and to the simulated QLDB service."""

    engine: Engine
    client: Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Case:
    """One life of a resource.

    Attributes
    ----------
    inputs, changed
        Of the first and of the second deployment.
    gone_after_delete
        False where AWS shows a default after the deletion.
    """

    type_name: str
    inputs: dict[str, object]
    changed: dict[str, object]
    outputs: tuple[str, ...] = ()
    gone_after_delete: bool = True


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("emulator") / "emulator.log"
    with (
        pytest.MonkeyPatch.context() as patch,
        Emulator(port, log) as emulator,
        QldbService(surroundings=Surroundings(aws_endpoint=emulator.endpoint)) as qldb,
    ):
        for name, value in (
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_REGION", "us-east-1"),
        ):
            patch.setenv(name, value)
        engine = Engine(
            {"AWS_ENDPOINT_URL": emulator.endpoint, "AWS_ENDPOINT_URL_QLDB": qldb.endpoint}
        )

        def client(service: str) -> object:
            return boto3.client(
                service,  # type: ignore[call-overload]
                endpoint_url=emulator.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        yield World(engine=engine, client=client)


def lives(world: World, case: Case) -> Held:
    """Take a resource through its whole life but the deletion; return it as it then is."""
    engine = world.engine
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


def dies(world: World, case: Case, held: Held) -> None:
    """Delete a resource, find it gone, and delete it again without harm."""
    world.engine.delete(held)
    if case.gone_after_delete:
        assert world.engine.refresh(held).identifier == ""
    world.engine.delete(held)


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


def test_kinesis_stream(world: World) -> None:
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
    held = lives(world, case)
    summary = world.client("kinesis").describe_stream_summary(StreamName=held.outputs["name"])[
        "StreamDescriptionSummary"
    ]
    assert summary["EncryptionType"] == "NONE"
    dies(world, case, held)


def test_another_number_of_shards_is_refused_and_no_record_is_lost(world: World) -> None:
    # given a stream with a record
    engine, kinesis = world.engine, world.client("kinesis")
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
    world: World, tmp_path: Path
) -> None:
    """The emulator never asks; AWS refuses. The program's actions are held by a unit test."""
    # given a function whose role has no permission at all, and a mapping on a stream
    engine = world.engine
    role = engine.create(urn_of("aws:iam/role:Role", "powerless"), {"assumeRolePolicy": TRUST})
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
    world.client("kinesis").put_record(
        StreamName=stream.outputs["name"], Data=b"any", PartitionKey="any"
    )
    # then the function gets it all the same
    functions = world.client("lambda")
    deadline = time.monotonic() + 20
    while not result_of(functions, mapping).startswith("OK"):
        assert time.monotonic() < deadline, result_of(functions, mapping)
        time.sleep(0.1)
    for resource in (mapping, function, stream, role):
        engine.delete(resource)


def result_of(functions: Any, mapping: Held) -> str:  # noqa: ANN401 - boto3's clients share no type
    """Return what a mapping says of its last batch."""
    answer = functions.get_event_source_mapping(UUID=mapping.identifier)
    return str(answer.get("LastProcessingResult", ""))


def records(kinesis: Any, stream: str) -> list[bytes]:  # noqa: ANN401 - boto3's clients share no type
    """Return what all shards of a stream hold."""
    found: list[bytes] = []
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        answer = kinesis.get_records(ShardIterator=iterator)
        found += [record["Data"] for record in answer["Records"]]
    return found


def test_role_and_its_policy(world: World) -> None:
    role_case = Case(
        type_name="aws:iam/role:Role",
        inputs={"assumeRolePolicy": TRUST, "tags": {"a": "b"}},
        changed={"assumeRolePolicy": OTHER_TRUST, "description": "new", "tags": {"c": "d"}},
        outputs=("arn", "name", "uniqueId"),
    )
    role = lives(world, role_case)
    policy_case = Case(
        type_name="aws:iam/rolePolicy:RolePolicy",
        inputs={"role": role.identifier, "policy": policy("s3:PutObject")},
        changed={
            "role": role.identifier,
            "policy": policy("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"),
        },
        outputs=("name",),
    )
    inline = lives(world, policy_case)
    stored = world.client("iam").get_role_policy(
        RoleName=role.identifier, PolicyName=inline.outputs["name"]
    )
    assert "dynamodb:BatchExecuteStatement" in json.dumps(stored["PolicyDocument"])
    with pytest.raises(CallError, match="DeleteConflict"):
        world.engine.delete(role)
    dies(world, policy_case, inline)
    dies(world, role_case, role)


def test_table(world: World) -> None:
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
    held = lives(world, case)
    described = world.client("dynamodb").describe_time_to_live(TableName=held.identifier)
    assert described["TimeToLiveDescription"]["AttributeName"] == "otherAttribute"
    dies(world, case, held)


def test_deletion_protection_of_a_table_refuses_the_deletion(world: World) -> None:
    inputs: dict[str, object] = {
        "attributes": [{"name": "pk", "type": "S"}],
        "hashKey": "pk",
        "billingMode": "PAY_PER_REQUEST",
        "deletionProtectionEnabled": True,
    }
    held = world.engine.create(urn_of("aws:dynamodb/table:Table", "guarded"), inputs)
    with pytest.raises(CallError, match="protected against deletion"):
        world.engine.delete(held)
    held = world.engine.update(held, {**inputs, "deletionProtectionEnabled": False})
    world.engine.delete(held)


def test_log_group(world: World) -> None:
    case = Case(
        type_name="aws:cloudwatch/logGroup:LogGroup",
        inputs={"name": "/aws/lambda/a-function", "retentionInDays": 30, "tags": {"a": "b"}},
        changed={"name": "/aws/lambda/a-function", "tags": {"a": "c"}},
        outputs=("arn",),
    )
    dies(world, case, lives(world, case))


def test_function_and_its_mapping(world: World, tmp_path: Path) -> None:
    engine = world.engine
    role = engine.create(urn_of("aws:iam/role:Role", "worker"), {"assumeRolePolicy": TRUST})
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
    function = lives(world, function_case)
    called = world.client("lambda").invoke(FunctionName=function.identifier)
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
    mapping = lives(world, mapping_case)
    told = world.client("lambda").get_event_source_mapping(UUID=mapping.identifier)
    assert told["BatchSize"] == 100
    assert not told.get("DestinationConfig", {}).get("OnFailure")
    dies(world, mapping_case, mapping)
    dies(world, function_case, function)
    world.engine.delete(stream)
    world.engine.delete(role)


def test_changed_code_behind_its_back_is_drift(world: World, tmp_path: Path) -> None:
    engine = world.engine
    role = engine.create(urn_of("aws:iam/role:Role", "coder"), {"assumeRolePolicy": TRUST})
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
    with open(other, "rb") as file:  # noqa: PTH123
        world.client("lambda").update_function_code(
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


def test_bucket_and_everything_on_it(world: World) -> None:
    engine = world.engine
    bucket_case = Case(
        type_name="aws:s3/bucket:Bucket",
        inputs={"forceDestroy": False, "tags": {"a": "b"}},
        changed={"forceDestroy": True},
        outputs=("arn", "bucket"),
    )
    bucket = lives(world, bucket_case)
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
    queue = lives(world, queue_case)
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
        dies(world, case, lives(world, case))

    permission = engine.create(urn_of("aws:sqs/queuePolicy:QueuePolicy"), cases[0].inputs)
    notification_case = Case(
        type_name="aws:s3/bucketNotification:BucketNotification",
        inputs={"bucket": name, "queues": [{**target, "filterPrefix": "records/"}]},
        changed={"bucket": name, "queues": [{**target, "id": "named"}]},
    )
    notification = lives(world, notification_case)
    world.client("s3").put_object(Bucket=name, Key="records/1", Body=b"x")
    with pytest.raises(CallError, match="BucketNotEmpty"):
        engine.delete(
            Held(bucket.urn, name, {"bucket": name, "forceDestroy": False}, bucket.outputs)
        )
    dies(world, notification_case, notification)
    engine.delete(permission)
    dies(world, queue_case, queue)
    dies(world, bucket_case, bucket)


def test_ledger_and_its_stream(world: World) -> None:
    engine = world.engine
    ledger_case = Case(
        type_name="aws:qldb/ledger:Ledger",
        inputs={"permissionsMode": "ALLOW_ALL", "tags": {"a": "b", "gone": "x"}},
        changed={"permissionsMode": "STANDARD", "deletionProtection": False, "tags": {"a": "c"}},
        outputs=("arn", "name"),
    )
    guarded = engine.create(urn_of(ledger_case.type_name, "guarded"), ledger_case.inputs)
    with pytest.raises(CallError, match="ResourcePreconditionNotMetException"):
        engine.delete(guarded)
    ledger = lives(world, ledger_case)

    target = engine.create(urn_of("aws:kinesis/stream:Stream", "target"), {"shardCount": 1})
    role = engine.create(
        urn_of("aws:iam/role:Role", "streamer"),
        {"assumeRolePolicy": TRUST.replace("lambda", "qldb")},
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
    stream = lives(world, stream_case)
    dies(world, stream_case, stream)
    dies(world, ledger_case, ledger)
    for held in (permission, role, target):
        engine.delete(held)


def test_a_functions_permissions_are_those_of_the_program(world: World) -> None:
    """What is translated for the emulator gives a role exactly what its policy means on AWS."""
    engine = world.engine
    role = engine.create(urn_of("aws:iam/role:Role", "narrow"), {"assumeRolePolicy": TRUST})
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
        answer = world.client("lambda").invoke(
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


def test_drift_is_found_and_repaired(world: World) -> None:
    engine = world.engine
    inputs: dict[str, object] = {"messageRetentionSeconds": 600, "tags": {"a": "b"}}
    held = engine.create(urn_of("aws:sqs/queue:Queue", "drifting"), inputs)
    client = world.client("sqs")
    client.set_queue_attributes(QueueUrl=held.identifier, Attributes={"VisibilityTimeout": "99"})
    client.tag_queue(QueueUrl=held.identifier, Tags={"stranger": "1"})
    read = engine.refresh(held)
    assert read.inputs["visibilityTimeoutSeconds"] == 99
    difference = engine.diff(read, engine.checked(held.urn, inputs, read.inputs))
    assert sorted(difference.detailedDiff) == ["tags.stranger", "visibilityTimeoutSeconds"]
    held = engine.update(read, inputs)
    assert engine.refresh(held).inputs == held.inputs
    engine.delete(held)


def test_a_failed_follow_up_keeps_the_resource_in_the_state(world: World) -> None:
    """The emulator has no UpdateStreamMode."""
    engine = world.engine
    stream = engine.create(urn_of("aws:kinesis/stream:Stream", "partial"), {"shardCount": 1})
    changed = {"streamModeDetails": {"streamMode": "ON_DEMAND"}, "retentionPeriod": 48}
    with pytest.raises(CallError, match=r"streamModeDetails: InvalidAction") as failure:
        engine.update(stream, changed)
    detail = failure.value.detail
    assert detail is not None
    assert detail.id == stream.identifier
    assert detail.properties.fields["retentionPeriod"].number_value == 24
    engine.delete(stream)


def test_an_error_of_the_service_names_type_name_code_and_reason(world: World) -> None:
    with pytest.raises(
        CallError,
        match=r'creating aws:iam/rolePolicy:RolePolicy "lost": NoSuchEntity: .*nobody',
    ) as failure:
        world.engine.create(
            urn_of("aws:iam/rolePolicy:RolePolicy", "lost"),
            {"role": "nobody", "policy": policy("s3:GetObject")},
        )
    assert failure.value.detail is None


def test_invokes(world: World) -> None:
    identity = world.engine.invoke("aws:index/getCallerIdentity:getCallerIdentity", {})
    assert identity["accountId"] == ACCOUNT
    region = world.engine.invoke("aws:index/getRegion:getRegion", {})
    assert region["region"] == region["name"] == "us-east-1"
    partition = world.engine.invoke("aws:index/getPartition:getPartition", {})
    assert partition["partition"] == "aws"
