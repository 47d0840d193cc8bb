"""Reads a batch of objects, and writes what of it is claimed."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from handler.quarantine import Quarantine
from ops.exports.source import open_source
from ops.replay.batch_sink import BatchSink
from ops.replay.batch_writing import (
    DEFAULT_PARTING,
    ROUND_SECONDS,
    BatchWriting,
    NotWrittenError,
    Parting,
)
from ops.replay.messages import ReadBatch, WrittenBatch
from ops.replay.revisions import read_part

if TYPE_CHECKING:
    from collections.abc import Callable

    from handler.failures import Position
    from handler.quarantine import QuarantineStore
    from handler.writer import ReplicaWriter
    from ops.exports.source import Source
    from ops.replay.job import Job
    from ops.replay.messages import Claims
    from ops.replay.plan import Batch

MAX_BYTES = 32 * 1024 * 1024
"""Blocks that are kept in memory between reading and writing. A batch with more is read twice."""

SLICE_BYTES = 8 * 1024 * 1024
"""Blocks that are written at a time when a batch is read again."""


class _Function:
    """Replaces the names in Lambda's context."""

    function_name = "ops replay"
    function_version = "not in Lambda"


class BatchReplay:
    """Replays one batch after the other.

    Parameters
    ----------
    job
        What is replayed.
    writer
        Writes to DynamoDB.
    failures
        The failure bucket.
    source
        Where the objects are; None to open the job's location.
    deadline
        Seconds since the epoch after which nothing is begun; without end by default.
    units
        Returns the write units that the writer has counted so far.
    clock
        Returns seconds since the epoch; the same clock as the writer's.
    parting
        How a batch is parted. With more than one part at a time, several threads call the writer.
    write_units
        Ceiling of the write units a second that the writer keeps to; None for none.
    max_bytes, slice_bytes
        As `MAX_BYTES` and `SLICE_BYTES`.
    """

    def __init__(
        self,
        job: Job,
        writer: ReplicaWriter,
        failures: QuarantineStore,
        *,
        source: Source | None = None,
        deadline: float = math.inf,
        units: Callable[[], int] = lambda: 0,
        clock: Callable[[], float] = time.time,
        parting: Parting = DEFAULT_PARTING,
        write_units: float | None = None,
        max_bytes: int = MAX_BYTES,
        slice_bytes: int = SLICE_BYTES,
    ) -> None:
        self._job = job
        self._source = open_source(job.location) if source is None else source
        self._deadline = deadline
        self._writer = writer
        self._failures = failures
        self._units = units
        self._clock = clock
        self._parting = parting
        self._write_units = write_units
        self._max_bytes = max_bytes
        self._slice_bytes = slice_bytes
        self._batch: Batch | None = None
        self._last: Batch | None = None
        self._sink: BatchSink | None = None
        self._is_large = False
        self._quarantined: set[Position] = set()

    def read(self, batch: Batch) -> ReadBatch:
        """Read a batch.

        Raises
        ------
        OpsError
            If an object cannot be read at all.
        """
        if batch != self._last:
            self._quarantined.clear()
        self._batch = self._last = batch
        self._is_large = False
        self._sink = sink = BatchSink(self._job, self._max_bytes, self._too_large)
        self._read(batch, sink)
        if self._is_large:
            sink.forget()
        return ReadBatch(
            number=batch.number,
            keys=b"".join(sink.newest),
            firsts=bytes([version == 0 for version in sink.newest.values()]),
            redactions=frozenset(sink.redacted),
            table_ids=sink.table_ids,
            faulty_documents=frozenset(sink.faulty_documents),
        )

    def _too_large(self, sink: BatchSink) -> None:
        self._is_large = True
        sink.forget()

    def _read(self, batch: Batch, sink: BatchSink) -> None:
        for part in batch.parts:
            read_part(self._source, part, self._job.strand_id, sink, self._job.selection)

    def without_writing(self) -> WrittenBatch:
        """Return the result of a batch of which only the redactions count."""
        batch, sink = self._taken()
        return WrittenBatch(number=batch.number, size=batch.size, problems=tuple(sink.problems))

    def write(self, claims: Claims) -> WrittenBatch:
        """Write what is claimed of the batch that was read last.

        Raises
        ------
        NotWrittenError
            If DynamoDB or the failure bucket does not take it for now.
        OpsError
            If an object cannot be read again.
        """
        batch, read = self._taken()
        newest = read.newest
        writing = BatchWriting(
            self._job,
            self._writer,
            claimed={key: newest[key] for key, bit in zip(newest, claims.mask, strict=True) if bit},
            redacted=claims.redacted,
            only_newest=self._is_large and not claims.only_claimed,
            only_claimed=claims.only_claimed,
            clock=self._clock,
            deadline=self._deadline,
            parting=self._parting,
            write_units=self._write_units,
        )
        before = self._units()
        if self._is_large:
            self._write_again(batch, writing)
        else:
            self._write_slice(read, writing)
        tally = writing.tally
        if not claims.only_claimed:
            tally.add(read.tally)
            tally.blocks = read.blocks
        tally.units = self._units() - before
        return WrittenBatch(
            number=batch.number,
            size=batch.size,
            tally=tally,
            unsettled=tuple(writing.unsettled()),
            problems=tuple(read.problems),
            has_older=self._is_large,
        )

    def _taken(self) -> tuple[Batch, BatchSink]:
        batch, sink = self._batch, self._sink
        if batch is None or sink is None:
            raise ValueError("no batch was read")
        self._batch = self._sink = None
        return batch, sink

    def _write_again(self, batch: Batch, writing: BatchWriting) -> None:
        def full(sink: BatchSink) -> None:
            self._write_slice(sink, writing)
            sink.forget()

        sink = BatchSink(self._job, self._slice_bytes, full)
        self._read(batch, sink)
        self._write_slice(sink, writing)

    def _write_slice(self, sink: BatchSink, writing: BatchWriting) -> None:
        quarantine = Quarantine(self._failures, _Function(), self._clock)
        writing.write(sink, quarantine)
        deadline = min(self._clock() + ROUND_SECONDS, self._deadline)
        for _, record, is_stored in quarantine.store(deadline, lambda _record: False):
            if not is_stored:
                raise NotWrittenError(
                    f"the failure bucket {self._job.settings.failure_bucket} does not take what "
                    "DynamoDB cannot store: check the permission s3:PutObject and the network, and "
                    "run the command again, which goes on where it was"
                )
            # A batch that is written again has the same revisions that cannot be stored.
            if record.position not in self._quarantined:
                self._quarantined.add(record.position)
                writing.tally.quarantined[record.reason, record.code] += 1
