"""Reads a batch for what has to be known before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.distributed.redactions import Redactions
from ops.replay.batch_replay import SLICE_BYTES
from ops.replay.batch_sink import BatchSink
from ops.replay.messages import MAX_VERSION
from ops.replay.revisions import read_part

if TYPE_CHECKING:
    from ops.distributed.batch_item import Item
    from ops.distributed.run import Run
    from ops.distributed.workplace import Workplace


def scan(run: Run, item: Item, workplace: Workplace) -> None:
    """Store what a batch redacts, and the ids of its ledger tables.

    Raises
    ------
    OpsError
        If an object cannot be read at all.
    """
    job = run.job(workplace)
    sink = BatchSink(job, SLICE_BYTES, BatchSink.forget)
    for part in item.batch.parts:
        read_part(workplace.source, part, job.strand_id, sink, job.selection)
    found = Redactions(
        revisions=frozenset(each for each in sink.redacted if each.version <= MAX_VERSION),
        table_ids={entry: frozenset(ids) for entry, ids in sink.table_ids.items()},
        problems=tuple(sink.problems),
    )
    key = run.folder.scans.key(item, is_damaged=bool(found.problems))
    workplace.bucket.put(key, found.to_json())
