"""What the stream's handler wrote is equal to an export, and what it writes later is newer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable

from handler.settings import HandlerSettings, ReplicaTable
from handler.writer import BatchStatementWriter
from local.example_transactions import commit_history
from local.ledger_feed import LedgerFeed
from ops.reconcile.kinds import Kind
from ops.reconcile.reconciliation import Outcome
from ops.record_processing import RecordProcessor
from tests.support.exports import ExportFormat, export_of
from tests.support.followed_stream import MemoryKinesis
from tests.support.kinesis_events import STREAM_ARN, event
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables
from tests.support.reconcile_run import ReconcileRun

if TYPE_CHECKING:
    from pathlib import Path

HISTORY = "history-1"
SETTINGS = HandlerSettings(
    replica_tables={
        "Person": ReplicaTable(ledger_table="Person", table_name="person-1", history=True),
        "Vehicle": ReplicaTable(
            ledger_table="Vehicle",
            table_name="vehicle-1",
            attributes={"name": ("firstName",), "loyalty": ("loyalty",)},
            tombstone_lifetime_days=36_500,
        ),
    },
    failure_bucket="failures",
    history_table=HISTORY,
)


class WithHandler(MemoryKinesis):
    """A stream whose records the handler applies at once."""

    def __init__(self, client: MemoryDynamoDB) -> None:
        super().__init__()
        writer = BatchStatementWriter(client, requests_in_flight=1)
        self._processor = RecordProcessor(settings=SETTINGS, writer=writer)

    def accept(self, frames: list[bytes]) -> None:
        super().accept(frames)
        processed = self._processor.process(event(*frames))
        assert processed.error is None
        assert not processed.failed


@pytest.fixture
def client() -> MemoryDynamoDB:
    return MemoryDynamoDB(Tables(["person-1", "vehicle-1"], history=[HISTORY]))


@pytest.fixture
def feed(client: MemoryDynamoDB) -> LedgerFeed:
    """A ledger with every kind of change, whose stream was handled up to now."""
    feed = LedgerFeed(WithHandler(client), STREAM_ARN)
    for table in ("Person", "Vehicle"):
        feed.commit([CreateTable(table=table)])
        commit_history(feed.commit, table)
    feed.deliver()
    return feed


@pytest.mark.parametrize("output_format", ExportFormat)
def test_the_tables_of_a_stream_are_equal_to_an_export(
    tmp_path: Path, feed: LedgerFeed, client: MemoryDynamoDB, output_format: ExportFormat
) -> None:
    folder = export_of(feed.ledger.blocks, output_format).write_to(tmp_path)

    found = ReconcileRun(folder, SETTINGS, client).reconcile(is_deep=True)

    assert not found.counts
    assert found.outcome is Outcome.EQUAL
    *states, history = found.tables
    assert all(table.items == table.expected > 0 for table in states)
    # A block summary does not name the table, so the redaction of a vehicle has an item too.
    assert history.items == history.expected + 1


def test_what_a_stream_writes_after_an_export_is_newer(
    tmp_path: Path, feed: LedgerFeed, client: MemoryDynamoDB
) -> None:
    # given
    folder = export_of(feed.ledger.blocks).write_to(tmp_path)
    commit_history(feed.commit, "Person")
    commit_history(feed.commit, "Vehicle")
    feed.deliver()
    run = ReconcileRun(folder, SETTINGS, client)
    # when
    found = run.reconcile(is_deep=True)
    # then
    assert set(found.counts) == {Kind.NEWER}
    assert found.outcome is Outcome.EQUAL
    # and a repair has nothing to do
    assert not run.to_repair.wanted
