"""A journal export is loaded into the tables of a stack by the stack's own state machine.

2,000 documents with 10,000 revisions, of every kind of change, are exported in each format into the
bucket of the setting `exportBucket`. The command starts the state machine, whose function runs in
the emulator, and follows it. `reconcile --deep` compares journal and tables. The tests share one
stack, whose tables each of them empties.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from local import aws
from local.environment import environment
from local.stack import Stacks
from tests.support.exports import ExportFormat, export_of
from tests.support.paths import REPOSITORY
from tests.support.varied_ledger import varied_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.journal import Ledger

    from local.services import Services

pytestmark = [pytest.mark.emulator, pytest.mark.pulumi, pytest.mark.timeout(1200)]

DOCUMENTS, REVISIONS = 2_000, 10_000
REPLICA_TABLES = [
    {
        "ledgerTable": "Person",
        "attributes": {"name": "name", "city": "city", "zip": "address.zip", "photo": "photo"},
        "history": True,
    },
    {"ledgerTable": "Vehicle"},
]
BUCKET, PREFIX = "former-exports", "2025/"
COMMAND_SECONDS = 400
EQUAL, FAILED = 0, 1


class Stack:
    """The stack, the bucket with the export, and the commands that operators type."""

    def __init__(self, services: Services, outputs: dict[str, Any], folder: Path) -> None:
        self.outputs = outputs
        self._endpoint = services.endpoints.emulator
        self._file = folder / "outputs.json"
        self._file.write_text(json.dumps(outputs))
        self._s3 = self.client("s3")
        self._dynamodb = self.client("dynamodb")

    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3's clients have no common type)
        return aws.client(service, self._endpoint)

    def run(self, command: str, *arguments: str) -> tuple[int, str]:
        """Run a command on the stack, and return its exit status and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "ops", command, *arguments, "--outputs", str(self._file)],
            cwd=REPOSITORY,
            env={
                "PATH": os.environ["PATH"],
                "AWS_ENDPOINT_URL": self._endpoint,
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def replay(self, *options: str) -> tuple[int, str]:
        """Have the state machine replay the bucket."""
        return self.run("replay", "--distributed", *options)

    def hold(self, ledger: Ledger, output_format: ExportFormat) -> None:
        """Put an export of a ledger into the bucket, in the place of what is there."""
        self._clear_bucket()
        export = export_of(ledger.blocks, output_format, blocks_per_object=10)
        for key, body in export.files.items():
            self._s3.put_object(Bucket=BUCKET, Key=PREFIX + key, Body=body)

    def _clear_bucket(self) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
            for entry in page.get("Contents", []):
                self._s3.delete_object(Bucket=BUCKET, Key=entry["Key"])

    def empty(self) -> None:
        """Remove every item."""
        tables = dict.fromkeys(self.outputs["tableNames"].values(), ("pk",))
        for name, keys in (tables | {self.outputs["historyTableName"]: ("pk", "version")}).items():
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=name):
                items = page["Items"]
                for start in range(0, len(items), 25):
                    requests = [
                        {"DeleteRequest": {"Key": {key: item[key] for key in keys}}}
                        for item in items[start : start + 25]
                    ]
                    self._dynamodb.batch_write_item(RequestItems={name: requests})

    def is_equal(self) -> tuple[bool, str]:
        """Return whether tables and journal are equal in every value, and the report."""
        status, text = self.run("reconcile", f"s3://{BUCKET}/{PREFIX}", "--deep")
        return status == EQUAL, text


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return varied_ledger(DOCUMENTS, REVISIONS)


@pytest.fixture(scope="module")
def deployed(
    services: Services, pulumi_bin: Path, tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    aws.client("s3", services.endpoints.emulator).create_bucket(Bucket=BUCKET)
    stacks = Stacks(
        variables=environment(services.endpoints, pulumi_bin, services.state, stack="machine"),
        stack="machine",
        settings={
            "replicaTables": REPLICA_TABLES,
            "exportBucket": BUCKET,
            "exportPrefix": PREFIX,
            "replayBatchMebibytes": 1,
        },
        has_ledger=False,
        inline_folder=tmp_path_factory.mktemp("projects"),
    )
    stacks.prepare()
    return Stack(services, stacks.up(), tmp_path_factory.mktemp("stack"))


@pytest.fixture
def stack(deployed: Stack) -> Stack:
    """The stack, with empty tables."""
    deployed.empty()
    return deployed


@pytest.mark.parametrize("output_format", list(ExportFormat))
def test_tables_are_equal_to_the_journal(
    stack: Stack, ledger: Ledger, output_format: ExportFormat
) -> None:
    # given an export in the bucket
    stack.hold(ledger, output_format)
    # when the state machine replays it
    status, text = stack.replay("--restart")
    # then
    assert status == EQUAL, text
    assert "written" in text
    is_equal, report = stack.is_equal()
    assert is_equal, report
