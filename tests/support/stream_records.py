"""The records in which a QLDB stream delivers the blocks of a simulated ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qldb_simulator.records import block_records, control_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qldb_simulator.blocks import Block
    from qldb_simulator.records import StreamRecord

QLDB_STREAM_ARN = "arn:aws:qldb:us-east-1:000000000000:stream/registry/ABCDEFGHIJKLMNOPQRSTUV"


def records_of(blocks: Iterable[Block]) -> list[StreamRecord]:
    """Return summaries and revisions of some blocks, in order."""
    return [record for block in blocks for record in block_records(QLDB_STREAM_ARN, block)]


def start_record() -> StreamRecord:
    """Return the first record of a QLDB stream."""
    return control_record(QLDB_STREAM_ARN, "CREATED")
