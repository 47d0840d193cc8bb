"""A journal export is loaded into the tables of a stack by the stack's own state machine.

2,000 documents with 10,000 revisions, of every kind of change, are exported in each format into the
bucket of the setting `exportBucket`. The command starts the state machine, whose function runs in
the emulator, and follows it. `reconcile --deep` compares journal and tables. The tests share one
stack, whose tables each of them empties.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from local import aws
from local.environment import environment
from local.ledger_feed import LedgerFeed
from local.projects import PIPELINE
from local.stack import Stacks
from tests.support.exports import ExportFormat, export_of
from tests.support.loaded_stack import LoadedStack
from tests.support.varied_ledger import varied_ledger
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
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
EQUAL, FAILED = 0, 1


class Stack(LoadedStack):
    """The stack, the bucket with the export, and the commands for both."""

    def __init__(self, services: Services, stacks: Stacks, folder: Path) -> None:
        super().__init__(services.endpoints.emulator, stacks.up(), folder)
        self.stacks = stacks
        self._s3 = self.client("s3")

    def replay(self, *options: str) -> tuple[int, str]:
        """Have the state machine replay the bucket."""
        return self.ended(self.start("replay", "--distributed", *options))

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

    @contextmanager
    def denied(self, action: str, keys: str) -> Iterator[None]:
        """Take a permission on keys of the replay bucket away from the function, for a while."""
        iam = self.client("iam")
        function = self.client("lambda").get_function_configuration(
            FunctionName=self.outputs["replayFunctionName"]
        )
        role = function["Role"].rpartition("/")[2]
        resource = f"arn:aws:s3:::{self.outputs['replayBucketName']}/{keys}"
        statement = {"Effect": "Deny", "Action": action, "Resource": resource}
        iam.put_role_policy(
            RoleName=role,
            PolicyName="for-a-while",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        try:
            yield
        finally:
            iam.delete_role_policy(RoleName=role, PolicyName="for-a-while")

    def written_batches(self) -> dict[str, datetime]:
        """Return when each batch was written, by its key."""
        listed = self._s3.list_objects_v2(Bucket=self.outputs["replayBucketName"])["Contents"]
        return {
            entry["Key"]: entry["LastModified"] for entry in listed if "/written/" in entry["Key"]
        }

    def is_equal(self) -> tuple[bool, str]:
        """Return whether tables and journal are equal in every value, and the report."""
        process = self.start("reconcile", f"s3://{BUCKET}/{PREFIX}", "--deep")
        status, text = self.ended(process)
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
    return Stack(services, stacks, tmp_path_factory.mktemp("stack"))


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


def test_the_export_is_verified_without_writing(stack: Stack, ledger: Ledger) -> None:
    # given an export in the bucket
    stack.hold(ledger, ExportFormat.ION_BINARY)
    # when the state machine verifies it
    status, text = stack.replay("--verify")
    # then it is proven, as by `verify`, and the tables are as empty as before
    assert status == EQUAL, text
    assert "PROVEN" in text
    assert f"{len(ledger.blocks):,}" in text
    assert not stack.is_equal()[0]


def test_what_one_execution_did_not_do_the_next_one_does(stack: Stack, ledger: Ledger) -> None:
    # given a function that cannot store what became of one batch
    stack.hold(ledger, ExportFormat.ION_BINARY)
    with stack.denied("s3:PutObject", "replays/*/written/newest-000001.json"):
        # when the state machine replays the export
        status, text = stack.replay("--restart")
    # then it has failed, and says why; the other batches are done
    assert status == FAILED, text
    assert "no permission: allow your user or role the action s3:PutObject" in text
    done = stack.written_batches()
    assert done
    # when it is started again
    status, text = stack.replay()
    # then it has done the rest, and nothing else
    assert status == EQUAL, text
    assert stack.is_equal()[0]
    after = stack.written_batches()
    assert {key: after[key] for key in done} == done
    assert len(after) > len(done)


def test_a_replay_beside_the_live_stream_is_harmless(stack: Stack, ledger: Ledger) -> None:
    # given a stream that delivers the same journal
    stack.hold(ledger, ExportFormat.ION_BINARY)
    feed = LedgerFeed(stack.client("kinesis"), stack.outputs["streamArn"])
    feed.ledger = ledger
    # when both run at once
    delivery = threading.Thread(target=feed.deliver)
    delivery.start()
    status, text = stack.replay("--restart")
    delivery.join()
    # then
    assert status == EQUAL, text
    eventually(lambda: stack.is_equal()[0])


def test_another_deployment_changes_nothing(deployed: Stack) -> None:
    changes = deployed.stacks.up_project(PIPELINE).summary.resource_changes or {}

    assert set(changes) == {"same"}
