"""Replays over an export in a folder, with services in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handler.settings import HandlerSettings, ReplicaTable
from handler.writer import REQUESTS_IN_FLIGHT, BatchStatementWriter
from ops.exports.catalogue import catalogue
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.replay.batch_replay import MAX_BYTES, SLICE_BYTES, BatchReplay
from ops.replay.batch_writing import DEFAULT_PARTING, Parting
from ops.replay.crew import CrewOfOne, Worker
from ops.replay.engine import Engine
from ops.replay.job import Job
from ops.replay.pacing import PacedClient
from ops.replay.plan import Batch, Plan
from ops.replay.revisions import EVERYTHING
from ops.replay.state import ReplayState
from tests.support.faults import NoFaults
from tests.support.memory_dynamodb import MemoryDynamoDB, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

    from handler.corrections import Correction
    from handler.failures import FailedRecord
    from handler.outcomes import Outcome
    from handler.writer import ItemWrite, ReplicaWriter, StatementClient
    from journal.exports.selection import Selection
    from journal.exports.sequence import ObjectPart
    from ops.replay.engine import Ending

PERSON, HISTORY = "person-1", "history-1"
SETTINGS = HandlerSettings(
    replica_tables={"Person": ReplicaTable(ledger_table="Person", table_name=PERSON)},
    failure_bucket="failures",
)
WITH_HISTORY = HandlerSettings(
    replica_tables={"Person": ReplicaTable(ledger_table="Person", table_name=PERSON, history=True)},
    failure_bucket="failures",
    history_table=HISTORY,
)


@dataclass
class Bucket:
    """A failure bucket in memory.

    Attributes
    ----------
    records
        What it took.
    is_broken
        Whether it takes nothing.
    """

    records: list[FailedRecord] = field(default_factory=list)
    is_broken: bool = False

    def put_all(self, records: Sequence[FailedRecord], deadline: float) -> list[bool]:  # noqa: ARG002 (protocol)
        """Take records; see `handler.failures.FailureStore.put_all`."""
        if not self.is_broken:
            self.records += records
        return [not self.is_broken] * len(records)


class Counting:
    """A writer that counts its writes, and may fail.

    Parameters
    ----------
    writer
        Writes.
    fails
        Called before each call; what it raises ends the replay, as a kill would.
    """

    def __init__(self, writer: ReplicaWriter, fails: Callable[[], None]) -> None:
        self._writer = writer
        self._fails = fails
        self.writes: list[tuple[str, int]] = []

    def write(self, writes: Sequence[ItemWrite], deadline: float) -> list[Outcome]:
        """Write; see `handler.writer.ReplicaWriter.write`."""
        self._fails()
        self.writes += [(write.document_id, write.version) for write in writes]
        return self._writer.write(writes, deadline)


class NoProgress:
    """Receives how far a replay is, and does nothing with it."""

    def start(self, total: int, what: str) -> None:
        """Do nothing."""

    def advance(self, size: int, revisions: int) -> None:
        """Do nothing."""


@dataclass
class ReplayRun:
    """Replays into the same tables, one after the other.

    Attributes
    ----------
    folder
        The export.
    settings
        The configuration.
    tables, bucket
        What is written to.
    client
        Writes to other tables instead; None for those in memory.
    objects_per_batch
        How many objects a batch has.
    parting
        How a batch is parted.
    write_units
        Ceiling of the write units a second, with real time and several requests in flight; None
        for none.
    """

    folder: Path
    settings: HandlerSettings = SETTINGS
    tables: Tables = field(default_factory=lambda: Tables([PERSON], history=[HISTORY]))
    bucket: Bucket = field(default_factory=Bucket)
    client: StatementClient | None = None
    objects_per_batch: int = 1
    parting: Parting = DEFAULT_PARTING
    write_units: float | None = None
    max_bytes: int = MAX_BYTES
    slice_bytes: int = SLICE_BYTES
    state: ReplayState | None = None
    writes: list[tuple[str, int]] = field(default_factory=list)

    def run(
        self,
        *,
        selection: Selection = EVERYTHING,
        tables: frozenset[str] = frozenset(),
        correction: Correction | None = None,
        documents: frozenset[bytes] | None = None,
        state_file: Path | None = None,
        has_index: bool = True,
        fails: Callable[[], None] = lambda: None,
        stop: Callable[[], bool] = lambda: False,
        faults: Any = None,  # noqa: ANN401 (see tests.support.faults)
    ) -> Ending:
        """Replay the export, and return how it ended."""
        sequence = chosen_sequence(catalogue(open_source(str(self.folder)), block_range), None)
        plan = Plan(
            strand_id=sequence.strand_id,
            superseded=self._batches(list(reversed(sequence.superseded))),
            batches=self._batches(list(reversed(sequence.parts))),
        )
        job = Job(
            location=str(self.folder),
            strand_id=sequence.strand_id,
            settings=self.settings,
            tables=tables,
            selection=selection,
            correction=correction,
            documents=documents,
        )
        client = self.client
        if client is None:
            client = MemoryDynamoDB(self.tables, faults or NoFaults())
        writer = Counting(self._writer(client, correction), fails)
        replay = BatchReplay(
            job,
            writer,
            self.bucket,
            parting=self.parting,
            write_units=self.write_units,
            max_bytes=self.max_bytes,
            slice_bytes=self.slice_bytes,
        )
        self.state = ReplayState(state_file, has_index=has_index)
        try:
            return Engine(
                job,
                plan,
                self.state,
                CrewOfOne(Worker(replay)),
                stop=stop,
                progress=NoProgress(),
            ).run()
        finally:
            self.writes += writer.writes
            if state_file is not None:
                self.state.close()

    def _writer(
        self, client: StatementClient, correction: Correction | None
    ) -> BatchStatementWriter:
        if self.write_units is None:
            return BatchStatementWriter(
                client, requests_in_flight=1, sleep=lambda _: None, correction=correction
            )
        paced = PacedClient(
            client, requests_in_flight=REQUESTS_IN_FLIGHT, write_units=self.write_units
        )
        return BatchStatementWriter(paced, correction=correction)

    def _batches(self, parts: Sequence[ObjectPart]) -> tuple[Batch, ...]:
        size = self.objects_per_batch
        return tuple(
            Batch(number, tuple(parts[start : start + size]))
            for number, start in enumerate(range(0, len(parts), size))
        )
