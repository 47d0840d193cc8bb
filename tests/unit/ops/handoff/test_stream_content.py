"""What is learnt from the records of a stream."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from qldb_simulator.delivery_plan import DeliveryOptions, delivery_plan
from qldb_simulator.operations import CreateTable

from handler.aggregation import MAGIC
from ops.handoff.stream_content import MAX_STRANDS, StreamContent
from tests.support.exports import new_ledger
from tests.support.journals import busy_ledger
from tests.support.qldb_records import malformed, record
from tests.support.sentinel import SECRET
from tests.support.stream_records import records_of, start_record

if TYPE_CHECKING:
    from qldb_simulator.records import StreamRecord

LEDGER = busy_ledger()
STRAND = LEDGER.blocks[0].strand_id
LAST = LEDGER.blocks[-1].sequence_no


def content_of(
    records: list[StreamRecord], options: DeliveryOptions | None = None
) -> StreamContent:
    content = StreamContent(strand_id=STRAND)
    for entry in delivery_plan(records, options):
        content.take(entry.data, "shard 1")
    return content


def only(record_type: str) -> list[StreamRecord]:
    return [each for each in records_of(LEDGER.blocks) if each.record_type == record_type]


def test_repeated_and_shuffled_records_show_each_block_once() -> None:
    options = DeliveryOptions(copies=3, shuffle=True, seed=4, records_per_aggregate=2)

    content = content_of(records_of(LEDGER.blocks), options)

    assert content.delivered.intervals == [(0, LAST)]
    assert content.records == 3 * len(records_of(LEDGER.blocks))


def test_records_without_aggregation_are_read() -> None:
    content = content_of(records_of(LEDGER.blocks), DeliveryOptions(aggregation=False))

    assert content.delivered.intervals == [(0, LAST)]


def test_a_revision_shows_that_its_block_exists_but_not_that_it_was_delivered() -> None:
    content = content_of(only("REVISION_DETAILS"))

    assert content.delivered.intervals == []
    assert content.last == max(each.sequence_no or 0 for each in only("REVISION_DETAILS"))


def test_the_first_record_of_a_qldb_stream_is_counted() -> None:
    assert content_of([start_record(), *records_of(LEDGER.blocks)]).starts == 1


def test_records_of_another_journal_are_told_apart() -> None:
    other = busy_ledger(seed=2)

    content = content_of(records_of([*other.blocks[2:4], *LEDGER.blocks[:2]]))

    assert content.delivered.intervals == [(0, 1)]
    found = content.others[other.blocks[0].strand_id]
    assert (found.first, found.last) == (2, 3)
    assert found.records == len(records_of(other.blocks[2:4]))


def test_more_strands_than_can_be_told_apart_are_counted_together() -> None:
    content = StreamContent(strand_id=STRAND)

    for seed in range(10, 10 + MAX_STRANDS + 2):
        block = new_ledger(random.Random(seed)).commit([CreateTable(table="Person")])
        content.take(records_of([block])[0].data, "shard 1")

    assert len(content.others) == MAX_STRANDS
    assert content.more_others == 2


def test_what_cannot_be_read_is_counted_with_the_place_of_the_first_and_no_content() -> None:
    content = StreamContent(strand_id=STRAND)

    content.take(malformed(), "shard 1 number 7")
    content.take(MAGIC + b"damaged" + SECRET.encode(), "shard 1 number 8")

    assert content.unread == 2
    assert content.first_unread is not None
    assert content.first_unread.startswith("shard 1 number 7: ")
    assert SECRET not in content.first_unread


def test_a_block_summary_without_an_address_cannot_be_read() -> None:
    content = StreamContent(strand_id=STRAND)

    content.take(record("BLOCK_SUMMARY", "{transactionInfo: {}}"), "shard 1 number 7")

    assert content.first_unread == "shard 1 number 7: blockAddress is not a struct"


def test_a_record_of_an_unknown_type_is_counted() -> None:
    content = StreamContent(strand_id=STRAND)

    content.take(record("SOMETHING_NEW", "{}"), "shard 1")

    assert (content.unknown, content.unread) == (1, 0)


def test_the_first_and_last_arrival_are_kept() -> None:
    content = StreamContent(strand_id=STRAND)
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)

    for hours in (2, 1, 3):
        content.take(start_record().data, "shard 1", noon + timedelta(hours=hours))

    assert content.oldest == noon + timedelta(hours=1)
    assert content.newest == noon + timedelta(hours=3)
