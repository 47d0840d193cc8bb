"""A removed generation stays removed, on AWS's DynamoDB Local.

Proves the expressions of scan and condition in AWS's own engine, and that the handler never brings
a removed document back from records that come again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from qldb_simulator.operations import CreateTable, DropTable, Insert, Update

from handler.settings import ReplicaTable
from local.comparison import Row, Verdict, compare, count
from local.example_transactions import commit_history
from local.journal_view import OwnJournal
from local.ledger_feed import LedgerFeed
from local.replica import Replica
from ops.generation_removal import GenerationRemoval, RemovalCounts
from ops.generations import LIVE, STATE_NAMES, TOMBSTONES, TableGenerations
from ops.table_scan import CapacityLimit, pages
from tests.support.followed_stream import HandledStream
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.engine


class Stack:
    """A ledger whose table was dropped and created again, and its replica."""

    def __init__(self, dynamodb: DynamoDBClient, table_name: str) -> None:
        self.dynamodb = dynamodb
        self.table = ReplicaTable(
            ledger_table="Person", table_name=table_name, tombstone_lifetime_days=400
        )
        stream = HandledStream({"Person": {"tableName": table_name}}, dynamodb)
        self.feed = LedgerFeed(stream, STREAM_ARN)
        self.replica = Replica(stream.outputs, dynamodb)
        for _ in range(2):
            self.feed.commit([CreateTable(table="Person")])
            commit_history(self.feed.commit, "Person")
            self.feed.deliver()
            self.feed.commit([DropTable(table="Person")])
        self.dropped, self.last = (each.table_id for each in self.feed.ledger.generations)

    def remove(self) -> RemovalCounts:
        return GenerationRemoval(self.dynamodb, self.table, self.dropped).run()

    def rows(self) -> list[Row]:
        return compare(OwnJournal(self.feed.ledger), self.replica)

    def states(self) -> dict[str | None, tuple[int, int]]:
        found = TableGenerations(table_name=self.table.table_name)
        for items in pages(self.dynamodb, self.table.table_name, STATE_NAMES, CapacityLimit()):
            found.add_items(items)
        return {
            each.table_id: (each.states[LIVE], each.states[TOMBSTONES])
            for each in found.generations
        }


@pytest.fixture
def stack(dynamodb: DynamoDBClient, table_name: str) -> Stack:
    return Stack(dynamodb, table_name)


def test_neither_repeated_records_nor_a_new_stream_bring_a_removed_document_back(
    stack: Stack,
) -> None:
    # given a dropped generation and another one, 17 live documents and 3 deleted ones in each
    assert stack.states() == {stack.dropped: (17, 3), stack.last: (17, 3)}
    # when the dropped one is removed
    assert stack.remove() == RemovalCounts(removed=17)
    # then its documents are tombstones of the revisions that the ledger has last
    assert stack.states() == {stack.dropped: (0, 20), stack.last: (17, 3)}
    rows = stack.rows()
    assert count(rows, Verdict.REMOVED) == 17
    assert count(rows, Verdict.EQUAL) == len(rows) - 17
    # and the journal from its start changes nothing
    stack.feed.redeliver()
    assert stack.rows() == rows
    # and a repetition finds nothing
    assert stack.remove() == RemovalCounts()


def test_a_revision_that_comes_only_after_the_removal_is_removed_by_a_repetition(
    stack: Stack,
) -> None:
    # given a document of a dropped table whose last revision has not arrived yet
    feed = stack.feed
    feed.commit([CreateTable(table="Person")])
    block = feed.commit([Insert(table="Person", document={"n": 1})])
    document_id = block.documents[0].document_id
    feed.deliver()
    stack.dropped = feed.ledger.tables["Person"]
    feed.commit([Update(table="Person", document_id=document_id, document={"n": 2})])
    feed.commit([DropTable(table="Person")])
    # when the table is removed, and the revision arrives
    assert stack.remove() == RemovalCounts(removed=1)
    feed.deliver()
    # then the document is live again, and one more removal ends that
    assert stack.states()[stack.dropped] == (1, 0)
    assert stack.remove() == RemovalCounts(removed=1)
    feed.redeliver()
    assert stack.states()[stack.dropped] == (0, 1)
