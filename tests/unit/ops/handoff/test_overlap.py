"""What an export and a stream both have is applied once, whichever comes first."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from qldb_simulator.delivery_plan import DeliveryOptions, delivery_plan
from qldb_simulator.operations import CreateTable, Delete, Insert, Redact, Update

from handler.writer import BatchStatementWriter
from ops.record_processing import RecordProcessor
from tests.support.exports import export_of, new_ledger
from tests.support.kinesis_events import event
from tests.support.memory_dynamodb import MemoryDynamoDB
from tests.support.replay_run import HISTORY, PERSON, WITH_HISTORY, ReplayRun
from tests.support.stream_records import records_of

if TYPE_CHECKING:
    from pathlib import Path

    from qldb_simulator.blocks import Block
    from qldb_simulator.journal import Ledger

    from tests.support.memory_dynamodb import Tables

LAST_EXPORTED, FIRST_STREAMED = 25, 15
"""The export ends with the one block, the stream begins with the other."""


@pytest.fixture
def ledger() -> Ledger:
    """A ledger whose documents change before, in and after the overlap."""
    ledger = new_ledger(random.Random(3))
    ledger.commit([CreateTable(table="Person")])
    ids = [
        ledger.commit([Insert(table="Person", document={"number": n})]).documents[0].document_id
        for n in range(8)
    ]
    for number in range(4):
        for document_id in ids[number:]:
            document = {"number": number, "of": document_id}
            ledger.commit([Update(table="Person", document_id=document_id, document=document)])
    for document_id in ids[2:5]:
        ledger.commit([Delete(table="Person", document_id=document_id)])
    ledger.commit([Redact(table="Person", document_id=ids[7], version=0)])
    assert ledger.blocks[-1].sequence_no > LAST_EXPORTED
    return ledger


def stream(tables: Tables, blocks: list[Block]) -> None:
    """Let the handler apply blocks, each delivered twice and in a random order."""
    writer = BatchStatementWriter(MemoryDynamoDB(tables), sleep=lambda _: None)
    processor = RecordProcessor(settings=WITH_HISTORY, writer=writer)
    options = DeliveryOptions(copies=2, shuffle=True, seed=7, records_per_aggregate=3)
    for entry in delivery_plan(records_of(blocks), options):
        processed = processor.process(event(entry.data))
        assert processed.error is None
        assert processed.failed == []


def contents(tables: Tables) -> dict[str, object]:
    return {name: tables.items(name) for name in (PERSON, HISTORY)}


@pytest.fixture
def expected(tmp_path: Path, ledger: Ledger) -> dict[str, object]:
    """What the whole stream alone leads to."""
    run = ReplayRun(tmp_path, WITH_HISTORY)
    stream(run.tables, list(ledger.blocks))
    assert len(run.tables.items(PERSON)) == 8
    return contents(run.tables)


def replay_of(tmp_path: Path, ledger: Ledger) -> ReplayRun:
    export = export_of(ledger.blocks[: LAST_EXPORTED + 1])
    return ReplayRun(export.write_to(tmp_path / "export"), WITH_HISTORY)


def test_a_stream_that_begins_before_the_end_of_a_replayed_export_changes_nothing_twice(
    tmp_path: Path, ledger: Ledger, expected: dict[str, object]
) -> None:
    run = replay_of(tmp_path, ledger)
    run.run()

    stream(run.tables, list(ledger.blocks[FIRST_STREAMED:]))

    assert contents(run.tables) == expected


def test_a_replay_after_the_stream_brings_nothing_older_back(
    tmp_path: Path, ledger: Ledger, expected: dict[str, object]
) -> None:
    run = replay_of(tmp_path, ledger)
    stream(run.tables, list(ledger.blocks[FIRST_STREAMED:]))

    run.run()

    assert contents(run.tables) == expected


def test_without_the_blocks_between_an_export_and_a_stream_something_is_missing(
    tmp_path: Path, ledger: Ledger, expected: dict[str, object]
) -> None:
    run = replay_of(tmp_path, ledger)
    run.run()

    stream(run.tables, list(ledger.blocks[LAST_EXPORTED + 2 :]))

    assert contents(run.tables) != expected
