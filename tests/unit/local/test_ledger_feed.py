"""A feed writes a ledger's journal as QLDB streams one, and loses nothing to a refusal."""

from __future__ import annotations

import itertools
import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from qldb_simulator.delivery_plan import DeliveryOptions
from qldb_simulator.operations import CreateTable, Insert, Redact, Update

from local.errors import LocalError
from local.ledger_feed import LedgerFeed
from tests.support.followed_stream import MemoryKinesis
from tests.support.kinesis_events import STREAM_ARN

if TYPE_CHECKING:
    from collections.abc import Callable


def feed(
    kinesis: MemoryKinesis,
    pause: Callable[[float], None] = lambda _: None,
    options: DeliveryOptions | None = None,
) -> LedgerFeed:
    return LedgerFeed(kinesis, STREAM_ARN, options, pause)


def insert(ledger: LedgerFeed, number: int = 0) -> str:
    return ledger.commit([Insert(table="Person", document={"n": number})]).documents[0].document_id


def types(kinesis: MemoryKinesis) -> list[str]:
    return [record["recordType"] for record in kinesis.records]


def numbers(kinesis: MemoryKinesis) -> list[int]:
    """Return the documents' numbers in the order of their revisions' arrival."""
    return [
        record["payload"]["revision"]["data"]["n"]
        for record in kinesis.records
        if record["recordType"] == "REVISION_DETAILS"
    ]


def test_a_stream_begins_and_ends_with_a_control_record() -> None:
    # given a ledger with a document
    kinesis = MemoryKinesis()
    writing = feed(kinesis)
    writing.commit([CreateTable(table="Person")])
    insert(writing)
    # when it is delivered
    writing.deliver()
    writing.complete()
    # then its blocks stand between the two control records
    assert types(kinesis) == [
        "CONTROL",
        "BLOCK_SUMMARY",
        "BLOCK_SUMMARY",
        "REVISION_DETAILS",
        "CONTROL",
    ]
    first, *_, last = kinesis.records
    assert first["payload"]["controlRecordType"] == "CREATED"
    assert last["payload"]["controlRecordType"] == "COMPLETED"


def test_records_name_a_qldb_stream_of_the_same_account_and_region() -> None:
    kinesis = MemoryKinesis()

    feed(kinesis).deliver()

    (record,) = kinesis.records
    prefix = "arn:aws:qldb:eu-west-1:000000000000:stream/simulated/"
    assert record["qldbStreamArn"].startswith(prefix)
    assert len(record["qldbStreamArn"]) == len(prefix) + 22


def test_each_block_is_delivered_once() -> None:
    kinesis = MemoryKinesis()
    writing = feed(kinesis)
    writing.commit([CreateTable(table="Person")])
    for number in range(3):
        insert(writing, number)
        writing.deliver()
    writing.deliver()

    assert numbers(kinesis) == [0, 1, 2]
    assert types(kinesis).count("CONTROL") == 1


def test_the_journal_is_written_again_with_what_was_redacted_since() -> None:
    # given a revision that was delivered, and redacted after that
    kinesis = MemoryKinesis()
    writing = feed(kinesis)
    writing.commit([CreateTable(table="Person")])
    document_id = insert(writing, 1)
    writing.commit([Update(table="Person", document_id=document_id, document={"n": 2})])
    writing.deliver()
    writing.commit([Redact(table="Person", document_id=document_id, version=0)])
    writing.deliver()
    kinesis.frames.clear()
    # when the journal is delivered again / then only the data of the redacted revision is gone
    writing.redeliver()
    revisions = [
        each["payload"]["revision"]
        for each in kinesis.records
        if each["recordType"] == "REVISION_DETAILS"
    ]
    assert ["data" in revision for revision in revisions] == [False, True]
    assert "dataHash" in revisions[0]
    assert types(kinesis).count("BLOCK_SUMMARY") == writing.ledger.block_count


def test_copies_and_order_are_as_asked_for() -> None:
    # given a feed that delivers twice and out of order
    kinesis = MemoryKinesis()
    writing = feed(kinesis, options=DeliveryOptions(copies=2, shuffle=True, seed=5))
    writing.commit([CreateTable(table="Person")])
    writing.deliver()
    orders = []
    for _ in range(2):
        kinesis.frames.clear()
        for number in range(20):
            insert(writing, number)
        writing.deliver()
        orders.append(numbers(kinesis))
    # then each revision comes twice, in another order in each delivery
    for order in orders:
        assert sorted(order) == sorted([*range(20), *range(20)])
        assert order != sorted(order)
    assert orders[0] != orders[1]
    assert writing.counts.records == 2 * (1 + 1 + 40 + 40)


def test_refused_records_are_written_again_after_a_pause() -> None:
    # given a stream that refuses one of several Kinesis records, twice
    kinesis = MemoryKinesis()
    pauses: list[float] = []
    writing = feed(kinesis, pauses.append, DeliveryOptions(aggregation=False))
    writing.deliver()
    writing.commit([CreateTable(table="Person")])
    for number in range(4):
        insert(writing, number)
    kinesis.faults = [{2, 4}, {0, 1}, {1}]
    # when the blocks are delivered
    writing.deliver()
    # then each record is there once, and each pause without progress is longer
    assert sorted(numbers(kinesis)) == [0, 1, 2, 3]
    assert types(kinesis).count("BLOCK_SUMMARY") == 5
    assert writing.counts.retried == 5
    assert len(pauses) == 3
    assert pauses[1] == 2 * pauses[0]
    assert pauses[2] == pauses[0]
    assert writing.counts.entries == len(kinesis.frames)
    assert writing.counts.records == len(kinesis.records)


def test_a_stream_that_accepts_nothing_is_an_error_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a stream that refuses every record, and a clock that runs
    kinesis = MemoryKinesis()
    kinesis.faults = [{0}] * 100
    clock = itertools.count(0.0, 10.0)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    # when something is delivered / then it ends with what helps
    with pytest.raises(LocalError, match=r"no record for 60 s: .* lower --rate, add shards, or"):
        feed(kinesis).deliver()
    assert 5 < len(kinesis.requests) < 10


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "InvalidArgumentException"]
)
def test_a_refused_request_is_kinesiss_own_error(code: str) -> None:
    kinesis = MemoryKinesis()
    kinesis.faults = [ClientError({"Error": {"Code": code, "Message": "m"}}, "PutRecords")]

    with pytest.raises(ClientError) as caught:
        feed(kinesis).deliver()

    assert caught.value.response["Error"]["Code"] == code


def test_ids_are_new_in_each_run() -> None:
    ids = set()
    for _ in range(2):
        writing = feed(MemoryKinesis())
        writing.commit([CreateTable(table="Person")])
        ids |= {insert(writing), writing.ledger.tables["Person"]}

    assert len(ids) == 4
