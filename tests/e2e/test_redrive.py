"""An operator looks at a deployed stack, lists failures and redrives them.

Proves `python -m ops` in a separate process, with no more permissions than docs/operations.md
lists, on objects that the deployed handler and the bucket's notification really made. The
emulator's event source mapping has no destinations, so its object is written by hand in Lambda's
format.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from infra.watched import WRITE_OPERATIONS
from local.environment import environment, process_environment
from ops.aggregate_of_one import aggregate_of_one
from ops.failure_bucket import FailureBucket
from ops.stack_outputs import PROJECT_FOLDER
from tests.support.discarded_batches import BATCH_KEY, discarded_batch
from tests.support.kinesis_events import kinesis_record
from tests.support.qldb_records import malformed
from tests.support.qldb_records import secret_revision as revision
from tests.support.sentinel import SECRET
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.deployed_stacks import Deployment

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]

NEVER_APPLIED = "document-that-was-never-applied"


def _policy(deployment: Deployment) -> dict[str, Any]:
    """The permissions that docs/operations.md lists for an operator."""
    outputs = deployment.outputs
    bucket = f"arn:aws:s3:::{outputs['failureBucketName']}"
    prefix = outputs["streamArn"].split(":")
    where = f"{prefix[3]}:{prefix[4]}"
    queue = f"arn:aws:sqs:{where}:{outputs['failureQueueUrl'].rpartition('/')[2]}"
    tables = [f"arn:aws:dynamodb:{where}:table/{name}" for name in outputs["tableNames"].values()]
    function = f"arn:aws:lambda:{where}:function:{outputs['functionName']}"
    mapping = f"arn:aws:lambda:{where}:event-source-mapping:{outputs['eventSourceMappingId']}"
    statements = {
        function: ["lambda:GetFunctionConfiguration"],
        # The emulator asks for the second where AWS asks for the first.
        mapping: ["lambda:GetEventSourceMapping", "lambda:ListEventSourceMappings"],
        outputs["streamArn"]: ["kinesis:DescribeStreamSummary"],
        "*": ["cloudwatch:DescribeAlarms", "cloudwatch:GetMetricData"],
        bucket: ["s3:ListBucket"],
        f"{bucket}/*": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
        queue: [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
        ],
    }
    for table in tables:
        statements[table] = [
            "dynamodb:PartiQLInsert",
            "dynamodb:PartiQLUpdate",
            "dynamodb:PutItem",
            "dynamodb:DescribeTable",
        ]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": resource}
            for resource, actions in statements.items()
        ],
    }


@pytest.fixture(scope="module")
def operator(deployment: Deployment) -> dict[str, str]:
    """Credentials of a user who has only these permissions."""
    iam = deployment.client("iam")
    iam.create_user(UserName="operator")
    iam.put_user_policy(
        UserName="operator", PolicyName="ops", PolicyDocument=json.dumps(_policy(deployment))
    )
    key = iam.create_access_key(UserName="operator")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


@pytest.fixture
def ops(deployment: Deployment, operator: dict[str, str], pulumi_bin: Path) -> Callable[..., Any]:
    """Runs a command as the operator, whose region differs from the stack's."""
    services = deployment.services
    variables = process_environment(
        {
            **environment(services.endpoints, pulumi_bin, services.state, stack="e2e"),
            **operator,
            "AWS_REGION": "eu-north-1",
            "AWS_DEFAULT_REGION": "eu-north-1",
        }
    )

    def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=PROJECT_FOLDER,
            env={**variables, **changes},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert SECRET not in done.stderr
        assert SECRET not in done.stdout or "--show" in arguments
        return done

    return run


@pytest.fixture
def outputs_file(deployment: Deployment, tmp_path: Path) -> str:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(deployment.outputs))
    return str(file)


def _keys(deployment: Deployment) -> list[str]:
    answer = deployment.client("s3").list_objects_v2(Bucket=deployment.outputs["failureBucketName"])
    return [entry["Key"] for entry in answer.get("Contents", [])]


def _messages(deployment: Deployment) -> int:
    answer = deployment.client("sqs").get_queue_attributes(
        QueueUrl=deployment.outputs["failureQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    return sum(int(answer[f"ApproximateNumberOfMessages{state}"]) for state in ("", "NotVisible"))


def test_alarms_and_dashboard_watch_what_was_deployed(deployment: Deployment) -> None:
    # given both stacks
    outputs = deployment.outputs
    cloudwatch = deployment.client("cloudwatch")
    # when the alarms and the dashboard are read
    alarms = cloudwatch.describe_alarms(AlarmNames=outputs["alarmNames"])["MetricAlarms"]
    body = cloudwatch.get_dashboard(DashboardName=outputs["dashboardName"])["DashboardBody"]
    # then all of them exist, and watch the stack's own resources
    assert {alarm["AlarmName"] for alarm in alarms} == set(outputs["alarmNames"])
    watched = {each["Value"] for alarm in alarms for each in alarm["Dimensions"]}
    names = {
        outputs["streamName"],
        outputs["functionName"],
        outputs["eventSourceMappingId"],
        outputs["failureQueueUrl"].rpartition("/")[2],
        outputs["handlerEnvironment"]["POWERTOOLS_SERVICE_NAME"],
        *outputs["tableNames"].values(),
    }
    assert watched == {*names, *WRITE_OPERATIONS}
    assert [name for name in names if f'"{name}"' not in body] == []


def test_a_record_that_can_never_be_applied_stays_with_its_attempts_counted(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given a bad user record of an aggregate, which the deployed handler quarantined
    deployment.client("kinesis").put_record(
        StreamName=deployment.outputs["streamName"],
        Data=aggregate_of_one(malformed(), "key"),
        PartitionKey="key",
    )
    eventually(lambda: len(_keys(deployment)) == 1)
    (key,) = _keys(deployment)
    assert key.endswith("/00000000.json")
    # when it is listed, through Pulumi
    listed = ops("failures", "--stack", "e2e", "--json")
    # then its reason and position are listed
    assert listed.returncode == 0, listed.stderr
    (failure,) = json.loads(listed.stdout)["failures"]
    assert (failure["key"], failure["attempts"]) == (key, 0)
    assert (failure["reason"], failure["subSequenceNumber"]) == ("malformed", 0)
    # when it is redriven, twice
    for attempts in (1, 2):
        again = ops("redrive", "--outputs", outputs_file)
        assert again.returncode == 1, again.stderr
        assert "malformed" in again.stdout
        # then it is where it was
        assert _keys(deployment) == [key]
        listed = ops("failures", "--outputs", outputs_file, "--json")
        (failure,) = json.loads(listed.stdout)["failures"]
        assert failure["attempts"] == attempts
    # and its document is shown on request
    shown = ops("failures", "--outputs", outputs_file, "--show", key)
    assert f'note: "{SECRET}"' in shown.stdout


def test_the_status_names_what_waits(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given the object that stayed
    assert len(_keys(deployment)) == 1
    # when an operator looks at the stack
    seen = ops("status", "--outputs", outputs_file, "--json")
    # then the failure is all that needs attention, and no part is unknown
    assert seen.returncode == 1, seen.stderr
    status = json.loads(seen.stdout)
    wrong = [each for each in status["findings"] if each["verdict"] != "ok"]
    assert [(each["part"], each["verdict"]) for each in wrong] == [("failures", "attention")]
    assert status["failures"]["objects"] == 1
    assert set(status["tables"]) == {"Person", "attestations"}


def test_a_discarded_batch_is_applied(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given the object of a batch that the event source mapping discarded
    before = _keys(deployment)
    batch = discarded_batch([kinesis_record(revision(NEVER_APPLIED, 3), "5")])
    deployment.client("s3").put_object(
        Bucket=deployment.outputs["failureBucketName"], Key=BATCH_KEY, Body=batch
    )
    assert NEVER_APPLIED not in deployment.items("Person")
    # when it is tried out
    tried = ops("redrive", "--outputs", outputs_file, "--dry-run")
    # then nothing happens
    assert "would write   1" in tried.stdout, tried.stderr
    assert NEVER_APPLIED not in deployment.items("Person")
    assert BATCH_KEY in _keys(deployment)
    # when it is redriven
    done = ops("redrive", "--outputs", outputs_file)
    # then it is applied, and only what was there before is left, with a message each
    assert "applied       1" in done.stdout, done.stderr
    assert deployment.items("Person")[NEVER_APPLIED]["version"] == {"N": "3"}
    assert _keys(deployment) == before
    eventually(lambda: _messages(deployment) >= len(before))


def test_objects_without_a_message_are_redriven_from_the_listed_bucket(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given an object without a message
    s3, sqs = deployment.client("s3"), deployment.client("sqs")
    batch = discarded_batch([kinesis_record(revision("forgotten", 1), "6")])
    s3.put_object(Bucket=deployment.outputs["failureBucketName"], Key=BATCH_KEY, Body=batch)
    sqs.purge_queue(QueueUrl=deployment.outputs["failureQueueUrl"])
    # when
    ops("redrive", "--outputs", outputs_file, "--from-bucket")
    # then
    assert "forgotten" in deployment.items("Person")
    assert BATCH_KEY not in _keys(deployment)


def test_what_nobody_can_repair_is_discarded_and_stays_readable(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given an object that no redrive can read
    bucket, key = deployment.outputs["failureBucketName"], "records/by-hand"
    deployment.client("s3").put_object(Bucket=bucket, Key=key, Body=SECRET.encode())
    before = set(_keys(deployment))
    # when nobody can be asked
    asked = ops("discard", key, "--outputs", outputs_file)
    # then it stays
    assert asked.returncode == 1
    assert "pass --yes" in asked.stderr
    assert set(_keys(deployment)) == before
    # when it is discarded, twice
    for _ in range(2):
        done = ops("discard", key, "--outputs", outputs_file, "--yes")
        assert done.returncode == 0, done.stderr
    # then it is under its new key, where no redrive looks for it
    ops("redrive", "--outputs", outputs_file)
    ops("redrive", "--outputs", outputs_file, "--from-bucket")
    assert set(_keys(deployment)) == before - {key} | {f"discarded/{key}"}
    # and can be listed and read
    listed = ops("failures", "--outputs", outputs_file, "--discarded", "--json")
    assert [each["key"] for each in json.loads(listed.stdout)["failures"]] == [f"discarded/{key}"]
    shown = ops("failures", "--outputs", outputs_file, "--show", f"discarded/{key}")
    assert SECRET in shown.stdout


def test_an_object_that_changed_is_not_deleted(deployment: Deployment) -> None:
    # given an object that was read, and then written again
    s3, name = deployment.client("s3"), deployment.outputs["failureBucketName"]
    bucket = FailureBucket(s3, name)
    bucket.put("discarded/changing", b"one")
    read = bucket.get("discarded/changing")
    assert read is not None
    bucket.put("discarded/changing", b"two")
    # then only its new state can be deleted
    assert not bucket.delete_unchanged("discarded/changing", read)
    newer = bucket.get("discarded/changing")
    assert newer is not None
    assert bucket.delete_unchanged("discarded/changing", newer)
    assert bucket.get("discarded/changing") is None


def test_a_missing_prerequisite_is_named_in_one_line(
    ops: Callable[..., Any], outputs_file: str
) -> None:
    for arguments, changes, message in (
        (["--stack", "no-such-stack"], {}, "stack no-such-stack does not exist"),
        (["--outputs", "no-such-file"], {}, "cannot be read"),
        (
            ["--outputs", outputs_file],
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
            "http://127.0.0.1:9",
        ),
        (
            ["--outputs", outputs_file],
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "no AWS credentials",
        ),
    ):
        done = ops("failures", *arguments, **changes)
        assert done.returncode == 1
        assert message in done.stderr
        assert done.stderr.count("\n") == 1, done.stderr


def test_a_missing_permission_is_named(
    deployment: Deployment, ops: Callable[..., Any], outputs_file: str
) -> None:
    # given an operator who may do everything but write to the tables, and something to write
    iam = deployment.client("iam")
    denied = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})
    iam.put_user_policy(UserName="operator", PolicyName="less", PolicyDocument=policy)
    batch = discarded_batch([kinesis_record(revision("refused", 1), "7")])
    deployment.client("s3").put_object(
        Bucket=deployment.outputs["failureBucketName"], Key=BATCH_KEY, Body=batch
    )
    # when
    done = ops("redrive", "--outputs", outputs_file, "--from-bucket")
    # then
    assert done.returncode == 1
    assert "dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate and dynamodb:PutItem" in done.stderr
    assert BATCH_KEY in _keys(deployment)
