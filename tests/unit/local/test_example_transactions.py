"""Example transactions are of every kind, and none is refused by the ledger."""

from __future__ import annotations

import random
from collections import Counter
from typing import TYPE_CHECKING

from qldb_simulator.journal import Ledger
from qldb_simulator.operations import CreateTable

from local.example_transactions import RandomTransactions, commit_history, insert_probe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qldb_simulator.blocks import Block
    from qldb_simulator.operations import Operation


class Committed:
    """A ledger that counts what is committed to it."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.kinds: Counter[str] = Counter()

    def __call__(self, operations: Sequence[Operation]) -> Block:
        self.kinds.update({type(each).__name__ for each in operations})
        return self.ledger.commit(operations)


def test_the_history_ends_with_live_deleted_and_redacted_revisions() -> None:
    # given a ledger with a table / when the history is committed
    commit = Committed()
    commit([CreateTable(table="Vehicle")])
    commit_history(commit, "Vehicle", lambda document: {**document, "more": 1})
    # then every kind of transaction was among them
    assert set(commit.kinds) == {"CreateTable", "Insert", "Update", "Delete", "Redact", "Select"}
    documents = commit.ledger.revisions(commit.ledger.tables["Vehicle"]).values()
    assert len(documents) == 20
    assert sum(revisions[-1].is_deleted for revisions in documents) == 3
    assert sum(each.is_redacted for revisions in documents for each in revisions) == 1
    # and documents are completed, except for one revision
    latest = [revisions[-1].data for revisions in documents if not revisions[-1].is_deleted]
    assert sum("more" not in data for data in latest) == 1


def test_random_transactions_are_of_every_kind_and_never_refused() -> None:
    # given two tables
    commit = Committed()
    transactions = RandomTransactions(commit, ["One", "Two"], random.Random(1))
    # when many transactions are committed / then each is one block
    for _ in range(1_000):
        transactions.commit_next()
    assert commit.ledger.block_count == 1_000
    # and every kind is among them, in both tables
    assert set(commit.kinds) == {"CreateTable", "Insert", "Update", "Delete", "Redact", "Select"}
    assert 400 < commit.kinds["Insert"] < 700
    for table in ("One", "Two"):
        assert commit.ledger.state(table)


def test_the_same_seed_gives_the_same_transactions_with_other_ids() -> None:
    runs = []
    for _ in range(2):
        commit = Committed()
        transactions = RandomTransactions(commit, ["One"], random.Random(7))
        for _ in range(50):
            transactions.commit_next()
        statements = [
            each["statement"]
            for block in commit.ledger.blocks
            for each in block.transaction_info["statements"]
        ]
        runs.append((statements, set(commit.ledger.state("One"))))

    assert runs[0][0] == runs[1][0]
    assert runs[0][1].isdisjoint(runs[1][1])


def test_a_probe_is_a_new_document() -> None:
    commit = Committed()
    commit([CreateTable(table="One")])

    probes = [insert_probe(commit, "One", number) for number in range(2)]

    assert list(commit.ledger.state("One")) == probes
