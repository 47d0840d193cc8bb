"""`python -m ops handoff` between an export in the emulator's S3 and a stream in its Kinesis.

The simulated QLDB writes both. Cannot be tried here: a shard that a resharding has closed, because
the emulator drops it with its records.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from qldb_simulator.client import LedgerClient
from qldb_simulator.config import SimulatorConfig, Timing
from qldb_simulator.control_plane import ControlPlane
from qldb_simulator.operations import CreateTable, Insert
from qldb_simulator.service import QldbService

from handler.contract import Variable
from handler.version import project_version
from local.emulator import Emulator
from local.service_process import free_port
from ops.command_line import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.emulator

LEDGER, BUCKET, ROLE, STREAM = "ledger", "journal-exports", "qldb", "records"
ACCOUNT = "000000000000"
"""Of the emulator."""

STREAM_ARN = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{STREAM}"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/{ROLE}"
SECOND = 1.1
"""Longer than the exactness of a stream's start."""


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


class Journal:
    """A ledger with a bucket for its exports and an empty stream for its journal."""

    def __init__(self, endpoint: str, service: QldbService) -> None:
        self.ledger = LedgerClient(service.endpoint)
        self.kinesis: Any = boto3.client("kinesis", endpoint_url=endpoint)
        iam: Any = boto3.client("iam", endpoint_url=endpoint)
        s3: Any = boto3.client("s3", endpoint_url=endpoint)
        trust = _policy(Principal={"Service": "qldb.amazonaws.com"}, Action="sts:AssumeRole")
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)
        allowed = _policy(Action=["s3:*", "kinesis:*"], Resource="*")
        iam.put_role_policy(RoleName=ROLE, PolicyName="write", PolicyDocument=allowed)
        s3.create_bucket(Bucket=BUCKET)
        self.kinesis.create_stream(StreamName=STREAM, ShardCount=2)
        self.ledger.create_ledger(LEDGER)
        self.ledger.commit(LEDGER, [CreateTable(table="Person")])

    def insert(self, count: int) -> None:
        """Commit a block for each document."""
        for number in range(count):
            self.ledger.commit(LEDGER, [Insert(table="Person", document={"number": number})])

    def export(self) -> str:
        """Export all blocks, and return where the export is."""
        export_id = self.ledger.export_to_s3(
            LEDGER, bucket=BUCKET, prefix="exports/", role_arn=ROLE_ARN
        )
        self.ledger.wait_exported(LEDGER, export_id, timeout=60)
        return f"s3://{BUCKET}/exports/"

    def stream_from(self, start: float, *, aggregation: bool = True) -> None:
        """Stream the journal from a time, out of order and twice."""
        self.ledger.set_delivery(LEDGER, copies=2, shuffle=True, seed=1, records_per_aggregate=3)
        self.ledger.stream_to_kinesis(
            LEDGER,
            stream_name="changes",
            role_arn=ROLE_ARN,
            kinesis_stream_arn=STREAM_ARN,
            inclusive_start_time=start,
            aggregation=aggregation,
        )
        self.ledger.wait_delivered(LEDGER, timeout=30)


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    with Emulator(free_port(), tmp_path / "emulator.log") as emulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
        config = SimulatorConfig(
            aws_endpoint=emulator.endpoint, timing=Timing(retry=0.1, shuffle_window=0.2)
        )
        with QldbService(ControlPlane(config)) as service:
            yield Journal(emulator.endpoint, service)


@pytest.fixture
def outputs(tmp_path: Path) -> str:
    """The outputs of a stack with that stream."""
    file = tmp_path / "outputs.json"
    content = {
        "version": project_version(),
        "streamArn": STREAM_ARN,
        "failureQueueUrl": "https://sqs.us-east-1.amazonaws.com/000000000000/failures",
        "handlerEnvironment": {
            Variable.REPLICA_TABLES: '{"Person":{"tableName":"person-1a2b3c"}}',
            Variable.FAILURE_BUCKET: "failures",
        },
    }
    file.write_text(json.dumps(content))
    return str(file)


def handoff(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Run the command, and return its exit status and what it tells."""
    capsys.readouterr()
    status = main(["handoff", *arguments, "--json"])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return status, found


@pytest.mark.parametrize("aggregation", [True, False])
def test_a_stream_from_the_start_that_the_command_names_goes_on_without_a_gap(
    journal: Journal, outputs: str, capsys: pytest.CaptureFixture[str], *, aggregation: bool
) -> None:
    # given an export, and later blocks
    journal.insert(10)
    source = journal.export()
    journal.insert(10)
    # when the stream starts where the command says
    _, ends = handoff(capsys, source)
    start = datetime.fromisoformat(ends["export"]["inclusiveStartTime"]).timestamp()
    journal.stream_from(start, aggregation=aggregation)
    # then the journal goes on in it, with the export's last block in both
    status, found = handoff(capsys, source, "--outputs", outputs)
    assert (status, found["outcome"]) == (0, "contiguous")
    assert found["export"]["lastBlock"] == 10
    assert found["stream"]["lastBlock"] == 20
    assert found["stream"]["overlap"]["last"] == 10
    assert found["stream"]["shards"] == 2
    assert found["stream"]["hasQldbStreamStart"] is True


def test_a_stream_that_starts_too_late_leaves_a_gap_that_a_later_export_closes(
    journal: Journal, outputs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # given an export, and a stream that starts after the blocks that follow it
    journal.insert(3)
    source = journal.export()
    journal.insert(4)
    time.sleep(SECOND)
    start = time.time()
    journal.insert(2)
    journal.stream_from(start)
    # then the blocks between are missing
    status, found = handoff(capsys, source, "--outputs", outputs, "--wait", "0")
    assert (status, found["outcome"]) == (1, "gap")
    assert found["stream"]["gaps"] == [{"first": 4, "last": 7}]
    # until another export has them
    assert journal.export() == source
    status, found = handoff(capsys, source, "--outputs", outputs)
    assert (status, found["outcome"]) == (0, "nothingNewer")


def test_a_stream_without_any_record_tells_nothing(
    journal: Journal, outputs: str, capsys: pytest.CaptureFixture[str]
) -> None:
    journal.insert(3)

    status, found = handoff(capsys, journal.export(), "--outputs", outputs, "--wait", "0")

    assert (status, found["outcome"]) == (2, "unknown")
