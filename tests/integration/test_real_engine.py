"""Proves that Pulumi's real engine and the stand-in provider agree about the life of a stack.

It runs an inline program (no language host) over most resource types. It does not prove anything
about this project's own program: the end-to-end tests do that.
"""

from __future__ import annotations

import json
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import automation

from local.emulator import Emulator
from local.environment import Endpoints, environment
from local.qldb.control_plane import Surroundings
from local.qldb.service import QldbService

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi]


def trust(service: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )


def program(settings: dict[str, int]) -> None:
    """Declare one resource of each type, wired as this project wires them."""
    tags = {"Project": "test"}
    assert aws.get_region().region == "us-east-1"
    identity = aws.get_caller_identity_output()
    source = aws.kinesis.Stream(
        "source", shard_count=1, retention_period=settings["retention"], tags=tags
    )
    streamer = aws.iam.Role("streamer", assume_role_policy=trust("qldb.amazonaws.com"))
    may_stream = aws.iam.RolePolicy(
        "streamer",
        role=streamer.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "kinesis:DescribeStream",
                            "kinesis:ListShards",
                            "kinesis:PutRecord",
                            "kinesis:PutRecords",
                        ],
                        "Resource": source.arn,
                    }
                ],
            }
        ),
    )
    role = aws.iam.Role("worker", assume_role_policy=trust("lambda.amazonaws.com"), tags=tags)
    ledger = aws.qldb.Ledger("ledger", permissions_mode="STANDARD", deletion_protection=False)
    aws.qldb.Stream(
        "stream",
        ledger_name=ledger.name,
        stream_name="to-kinesis",
        inclusive_start_time="2020-05-29T00:00:00Z",
        role_arn=streamer.arn,
        kinesis_configuration={"stream_arn": source.arn},
        opts=pulumi.ResourceOptions(depends_on=[may_stream]),
    )
    table = aws.dynamodb.Table(
        "Person",
        attributes=[{"name": "pk", "type": "S"}],
        hash_key="pk",
        billing_mode="PAY_PER_REQUEST",
        point_in_time_recovery={"enabled": True},
        ttl={"enabled": True, "attribute_name": "expiresAt"},
        tags=tags,
    )
    aws.iam.RolePolicy(
        "worker",
        role=role.name,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": ["dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate"],
                        "Resource": table.arn,
                    }
                ],
            }
        ),
    )
    group = aws.cloudwatch.LogGroup("logs", retention_in_days=30, tags=tags)
    bucket = aws.s3.Bucket("Failures", force_destroy=True, tags=tags)
    function = aws.lambda_.Function(
        "writer",
        role=role.arn,
        runtime="python3.11",
        handler="main.handler",
        timeout=settings["timeout"],
        code=pulumi.AssetArchive(
            {"main.py": pulumi.StringAsset("def handler(event, context): return {}")}
        ),
        environment={"variables": {"TABLE": table.name, "ACCOUNT": identity.account_id}},
        logging_config={"log_format": "JSON", "log_group": group.name},
        tags=tags,
    )
    mapping = aws.lambda_.EventSourceMapping(
        "mapping",
        event_source_arn=source.arn,
        function_name=function.arn,
        starting_position="TRIM_HORIZON",
        function_response_types=["ReportBatchItemFailures"],
        destination_config={"on_failure": {"destination_arn": bucket.arn}},
    )
    aws.s3.BucketPublicAccessBlock("failures", bucket=bucket.id, block_public_acls=True)
    queue = aws.sqs.Queue("failures", message_retention_seconds=1_209_600)
    permission = aws.sqs.QueuePolicy(
        "failures",
        queue_url=queue.id,
        policy=pulumi.Output.json_dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "s3.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": queue.arn,
                        "Condition": {"ArnLike": {"aws:SourceArn": bucket.arn}},
                    }
                ],
            }
        ),
    )
    aws.s3.BucketNotification(
        "failures",
        bucket=bucket.id,
        queues=[{"queue_arn": queue.arn, "events": ["s3:ObjectCreated:*"]}],
        opts=pulumi.ResourceOptions(depends_on=[permission]),
    )
    pulumi.export("mapping", mapping.uuid)
    pulumi.export("hidden", pulumi.Output.secret("x"))


@pytest.fixture
def variables(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of the local AWS, with the engine that PULUMI_TEST_BIN or PATH offers."""
    engine = shutil.which("pulumi")
    if engine is None:
        pytest.skip("no pulumi on PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (
        Emulator(port, tmp_path / "emulator.log") as emulator,
        QldbService(surroundings=Surroundings(aws_endpoint=emulator.endpoint)) as qldb,
    ):
        endpoints = Endpoints(emulator=emulator.endpoint, qldb=qldb.endpoint)
        yield environment(endpoints, Path(engine).parent, tmp_path, stack="dev")


def changed(
    result: automation.UpResult | automation.RefreshResult | automation.DestroyResult,
) -> dict[str, int]:
    counts = {str(kind): number for kind, number in (result.summary.resource_changes or {}).items()}
    return {kind: number for kind, number in counts.items() if kind != "same"}


def test_the_life_of_a_stack(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", variables["PATH"])
    settings = {"retention": 168, "timeout": 60}
    stack = automation.create_or_select_stack(
        "dev",
        "engine-and-provider",
        lambda: program(settings),
        opts=automation.LocalWorkspaceOptions(env_vars=variables, work_dir=str(tmp_path)),
    )
    created = stack.up(on_output=print)
    assert set(changed(created)) == {"create"}

    assert changed(stack.up()) == {}
    assert changed(stack.refresh()) == {}

    settings.update(retention=24, timeout=30)
    assert stack.preview().change_summary[automation.OpType.UPDATE] == 2
    assert changed(stack.up(on_output=print)) == {"update": 2}

    assert changed(stack.destroy(on_output=print)).keys() == {"delete"}
