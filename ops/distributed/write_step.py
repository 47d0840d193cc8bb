"""Writes one batch of a distributed replay."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from ops.distributed.batch_result import BatchResult
from ops.replay.batch_replay import BatchReplay
from ops.replay.batch_writing import Parting
from ops.replay.messages import Claims

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.quarantine import QuarantineStore
    from handler.writer import ReplicaWriter
    from ops.distributed.batch_item import Item
    from ops.distributed.redacted_revisions import RedactedRevisions
    from ops.distributed.run import Run
    from ops.distributed.workplace import Workplace

_PARTING = Parting(at_once=2)
"""While one part waits for DynamoDB, the next becomes items."""


def write(
    run: Run,
    item: Item,
    workplace: Workplace,
    *,
    redacted: RedactedRevisions,
    writer: ReplicaWriter,
    failures: QuarantineStore,
    deadline: float = math.inf,
    clock: Callable[[], float] = time.time,
) -> None:
    """Write the newest revision of each document that a batch has, and store the counts.

    There is no index of documents: batches are written at the same time, and their order does not
    matter. A document costs a write for each batch that has it.

    Parameters
    ----------
    run
        The execution.
    item
        The batch.
    workplace
        Where the objects are, and where the counts go.
    redacted
        What the whole export redacts.
    writer
        Writes to DynamoDB.
    failures
        The failure bucket.
    deadline
        Seconds since the epoch after which nothing is begun; without end by default.
    clock
        Returns seconds since the epoch; the same clock as the writer's.

    Raises
    ------
    NotWrittenError
        If DynamoDB or the failure bucket does not take it for now, or the time is over.
    OpsError
        If an object cannot be read at all.
    """
    replay = BatchReplay(
        run.job(workplace),
        writer,
        failures,
        source=workplace.source,
        deadline=deadline,
        clock=clock,
        parting=_PARTING,
    )
    read = replay.read(item.batch)
    keys = read.documents()
    of_batch = redacted.of([*keys, *read.faulty_documents])
    written = replay.write(Claims(bytes([1]) * len(keys), of_batch))
    tally = written.tally
    if written.unsettled and written.has_older:
        # Only the newest revisions of a large batch were in memory.
        unsettled = frozenset(written.unsettled)
        keys = replay.read(item.batch).documents()
        mask = bytes(key in unsettled for key in keys)
        tally.add(replay.write(Claims(mask, of_batch, only_claimed=True)).tally)
    result = BatchResult(tally=tally, problems=written.problems)
    key = run.folder.writes.key(item, is_damaged=bool(written.problems))
    workplace.bucket.put(key, result.to_json())
