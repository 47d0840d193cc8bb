"""Creates a random history of a ledger, with the delivery of its stream."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from qldb_simulator.delivery_plan import DeliveryOptions, delivery_plan
from qldb_simulator.ids import new_ids
from qldb_simulator.journal import Ledger
from qldb_simulator.records import StreamRecord, block_records, control_record

from tests.reliability.history import QLDB_STREAM_ARN, START, History, Redacted
from tests.reliability.ledger_tables import UNKNOWN
from tests.reliability.ledger_writer import LedgerWriter
from tests.reliability.poison import break_frames, foreign_records, poison_records

if TYPE_CHECKING:
    from random import Random

    from qldb_simulator.blocks import Block

    from tests.reliability.plan import Plan


def make_history(plan: Plan, random: Random) -> History:
    """Return a random history of a ledger, with its delivery."""
    seconds = iter(range(1_000_000))
    ledger = Ledger(
        clock=lambda: START + timedelta(seconds=next(seconds) / 10), new_id=new_ids(random)
    )
    history = History(ledger=ledger, tables=plan.tables)
    writer = LedgerWriter(plan, random, history)
    live = [control_record(QLDB_STREAM_ARN, "CREATED")]
    for block in writer.blocks():
        history.snapshots.append(ledger.blocks)
        if plan.live:
            live += _rendered(history, block)
    late = [control_record(QLDB_STREAM_ARN, "CREATED")]
    if plan.replay or not plan.live:
        for block in ledger.blocks:
            late += _rendered(history, block)
    first = live if plan.live else late
    first += writer.revivals() + poison_records(plan, random, history)
    first += foreign_records(plan, random, history)
    _deliver(history, plan, random, first)
    if plan.live and plan.replay:
        _deliver(history, plan, random, late)
    break_frames(plan, random, history)
    for _ in writer.late_redactions():
        history.snapshots.append(ledger.blocks)
    return history


def _rendered(history: History, block: Block) -> list[StreamRecord]:
    """Return a block's records as QLDB would write them at this moment."""
    records = block_records(QLDB_STREAM_ARN, block)
    details = [record for record in records if record.record_type == "REVISION_DETAILS"]
    for record, revision in zip(details, block.documents, strict=True):
        history.revisions[record.data] = revision
        if revision.table_name == UNKNOWN:
            history.ignored.add(record.data)
    if block.redaction_info is not None:
        (target,) = block.redaction_info["revisions"]
        history.redactions[records[0].data] = Redacted(
            table_id=target["tableId"],
            document_id=target["documentId"],
            version=target["version"],
        )
    return records


def _deliver(history: History, plan: Plan, random: Random, records: list[StreamRecord]) -> None:
    options = DeliveryOptions(
        aggregation=plan.aggregation,
        records_per_aggregate=plan.records_per_aggregate if plan.aggregation else None,
        copies=plan.copies,
        shuffle=plan.shuffle,
        seed=random.getrandbits(32),
    )
    entries = delivery_plan(records, options)
    remaining = iter(_as_delivered(records, options))
    for entry in entries:
        history.user_records[entry.data] = [next(remaining).data for _ in range(entry.records)]
    history.entries += entries


def _as_delivered(records: list[StreamRecord], options: DeliveryOptions) -> list[StreamRecord]:
    """Return the records in the order of the plan's entries."""
    single = DeliveryOptions(
        aggregation=False, copies=options.copies, shuffle=options.shuffle, seed=options.seed
    )
    by_data = {record.data: record for record in records}
    return [by_data[entry.data] for entry in delivery_plan(records, single)]
