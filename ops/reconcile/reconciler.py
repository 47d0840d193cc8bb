"""Compares a whole journal export with the tables of a stack."""

from __future__ import annotations

import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from handler.version import project_version
from journal.exports.blocks import Format
from ops.exports import parallel
from ops.exports.catalogue import Unreadable, catalogue
from ops.exports.missing_objects import missing_objects
from ops.exports.options import chosen_sequence
from ops.exports.probing import block_range
from ops.exports.source import open_source
from ops.exports.table_lives import table_lives
from ops.reconcile.comparison import Comparison, documents
from ops.reconcile.coverage import Coverage
from ops.reconcile.edges import edges
from ops.reconcile.export_side import add_generation, batch_reader
from ops.reconcile.job import Job
from ops.reconcile.kinds import MEANINGS
from ops.reconcile.partitions import MAX_LEVEL, PARTITIONS, PartitionedFiles
from ops.reconcile.reconciliation import Reconciliation, TableResult
from ops.reconcile.records import restored
from ops.reconcile.table_side import ItemReader, TableScan
from ops.replay.selected import chosen_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from handler.settings import HandlerSettings
    from journal.exports.sequence import JournalSequence, ObjectPart
    from ops.exports.catalogue import Catalogue
    from ops.exports.part_scan import FoundStatement
    from ops.exports.table_lives import TableLife
    from ops.reconcile.comparison import Difference
    from ops.reconcile.edges import Edge
    from ops.reconcile.export_side import BatchRecords, Generation
    from ops.table_scan import CapacityLimit

MAX_PROBLEMS = 100
"""Things that cannot be read that are named; all of them are counted."""

MAX_PARTITION_BYTES = 4 * 1024 * 1024
"""Bytes of one side of a partition that are compared in memory, where they take ten times as much.
A larger one is sorted again."""

_ALONE_BYTES = 16 * 1024 * 1024
"""Up to this size one process is faster: to start others takes a second."""


@dataclass(frozen=True, kw_only=True)
class ReconcileOptions:
    """What to compare, and how.

    Attributes
    ----------
    tables
        Entries of the settings by their ledger table; empty for all.
    strand_id
        Which ledger's journal, where the source has several; None for the only one.
    processes
        How many processes read the export.
    is_deep
        Whether all attributes are compared.
    is_ended
        Whether the journal ends with the export.
    limit
        How many differences of each kind are listed.
    command
        The command line that repeats the comparison, for reports.
    partition_bytes
        As `MAX_PARTITION_BYTES`.
    """

    tables: frozenset[str] = frozenset()
    strand_id: str | None = None
    processes: int = 1
    is_deep: bool = False
    is_ended: bool = False
    limit: int = 20
    command: str = ""
    partition_bytes: int = MAX_PARTITION_BYTES


class Progress(Protocol):
    """Receives how far a comparison is."""

    def read_bytes(self, total: int) -> None:
        """Start to read some bytes of the export."""

    def read_items(self, table_name: str) -> None:
        """Start to read the items of a table."""

    def compare(self, total: int) -> None:
        """Start to compare a number of partitions."""

    def advance(self, number: int) -> None:
        """Add what was done of it."""


def reconcile(
    location: str,
    settings: HandlerSettings,
    dynamodb: Any,  # noqa: ANN401 (boto3's clients share no type)
    options: ReconcileOptions,
    *,
    limit: CapacityLimit,
    progress: Progress,
    differs: Callable[[Difference], None] = lambda _: None,
) -> Reconciliation:
    """Compare an export with the tables.

    Parameters
    ----------
    location
        Folder, file or ``s3://bucket/prefix``.
    settings
        The configuration of the deployed function.
    dynamodb
        boto3's client of the tables.
    options
        What to compare, and how.
    limit
        Waits after each page of a table.
    progress
        Receives how far it is.
    differs
        Receives every difference.

    Raises
    ------
    OpsError
        If the source cannot be listed, holds no journal or several without a choice, or a table
        cannot be read.
    """
    started_at, began = time.time(), time.monotonic()
    source = open_source(location)
    found = catalogue(source, block_range)
    chosen = chosen_sequence(found, options.strand_id)
    job = Job(
        strand_id=chosen.strand_id,
        settings=settings,
        tables=chosen_tables(options.tables, settings),
        is_deep=options.is_deep,
    )
    with tempfile.TemporaryDirectory(prefix="ops-reconcile-") as folder:
        run = _Run(location, job, options, Path(folder), progress)
        run.note(_problems_before(found, chosen))
        run.read_export(chosen)
        first, last = edges(source, chosen)
        run.read_tables(dynamodb, limit)
        run.compare(_coverage(run, first, last), differs)
    return Reconciliation(
        source=found.location,
        started_at=started_at,
        seconds=time.monotonic() - began,
        tool_version=project_version(),
        command=options.command,
        is_deep=options.is_deep,
        is_ended=options.is_ended,
        formats=dict(sorted(run.formats.items())),
        objects=run.objects,
        bytes=run.bytes,
        blocks=run.blocks,
        revisions=run.revisions,
        strand_id=chosen.strand_id or None,
        first_block=None if first is None else first.place,
        last_block=None if last is None else last.place,
        tables=run.tables,
        differences=[each for kind in MEANINGS for each in run.listed[kind]],
        problems=run.problems,
        unread=run.unread,
    )


def _problems_before(found: Catalogue, chosen: JournalSequence) -> Iterator[Unreadable]:
    """Yield what the listing of the source shows."""
    for unreadable in found.unreadable:
        yield Unreadable(unreadable.key, unreadable.problem, unreadable.offset)
    for missing in missing_objects(found):
        yield Unreadable(missing.key, missing.problem)
    for gap in chosen.gaps:
        yield Unreadable("", f"blocks {gap.first} to {gap.last} are in no object")


def _coverage(run: _Run, first: Edge | None, last: Edge | None) -> Coverage:
    lives = _lives(run)
    return Coverage(
        first_block=None if first is None else first.place.sequence_no,
        last_block=None if last is None else last.place.sequence_no,
        start=None if first is None else first.moment,
        end=None if last is None else last.moment,
        newest_generation={
            place: max(known, key=lambda table_id: known[table_id].last)
            for place, known in run.generations.items()
        },
        dropped=frozenset(table_id for table_id, life in lives.items() if life.is_dropped),
        restored=frozenset(
            table_id for table_id, life in lives.items() if life.restored is not None
        ),
    )


def _lives(run: _Run) -> Mapping[str, TableLife]:
    """Return what the journal tells of its tables, by their ids."""
    tables = [
        (table_id, generation.name, generation.first)
        for known in run.generations.values()
        for table_id, generation in known.items()
    ]
    statements = sorted(run.statements, key=lambda found: found.place.sequence_no)
    return table_lives(statements, tables)


@dataclass
class _Run:
    """One comparison while it goes on."""

    location: str
    job: Job
    options: ReconcileOptions
    folder: Path
    progress: Progress
    formats: Counter[str] = field(default_factory=Counter)
    objects: int = 0
    bytes: int = 0
    blocks: int = 0
    revisions: int = 0
    generations: dict[int, dict[str, Generation]] = field(default_factory=dict)
    statements: list[FoundStatement] = field(default_factory=list)
    problems: list[Unreadable] = field(default_factory=list)
    unread: int = 0
    tables: list[TableResult] = field(default_factory=list)
    listed: defaultdict[str, list[Difference]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._export = PartitionedFiles(self.folder / "export")
        self._items = PartitionedFiles(self.folder / "items")

    def note(self, problems: Iterator[Unreadable] | Sequence[Unreadable]) -> None:
        """Count what cannot be read, and keep the first."""
        for each in problems:
            self.unread += 1
            if len(self.problems) < MAX_PROBLEMS:
                self.problems.append(each)

    def read_export(self, chosen: JournalSequence) -> None:
        """Read all revisions, and the redactions of superseded copies."""
        self.progress.read_bytes(sum(part.size for part in (*chosen.parts, *chosen.superseded)))
        self._read(chosen.parts, is_superseded=False)
        self._read(chosen.superseded, is_superseded=True)

    def _read(self, parts: Sequence[ObjectPart], *, is_superseded: bool) -> None:
        size = sum(part.size for part in parts)
        parallel.run(
            batch_reader(self.job, is_superseded=is_superseded),
            self.location,
            parts,
            1 if size <= _ALONE_BYTES else self.options.processes,
            self._done,
        )

    def _done(self, batch: BatchRecords) -> None:
        for place, records in batch.records.items():
            self._export.add_packed(place, records)
        self.formats.update(batch.formats)
        self.objects += batch.formats.total()
        self.bytes += batch.size
        self.blocks += batch.blocks
        self.revisions += batch.revisions
        for place, generations in batch.generations.items():
            known = self.generations.setdefault(place, {})
            for table_id, generation in generations.items():
                add_generation(known, table_id, generation)
        self.statements += batch.statements
        self.note(batch.problems)
        self.progress.advance(batch.size)

    def read_tables(self, dynamodb: Any, limit: CapacityLimit) -> None:  # noqa: ANN401 (boto3)
        """Read all items."""
        scan = TableScan(dynamodb, self._items, limit=limit, advance=self.progress.advance)
        reader = ItemReader(self.job, Format.JSON.value in self.formats)
        for place, replica in enumerate(self.job.replicas):
            result = TableResult(ledger_table=replica.ledger_table, table_name=replica.table_name)
            self.progress.read_items(replica.table_name)
            result.items, _ = scan.read(replica.table_name, partial(reader.state, place=place))
            self.tables.append(result)
        if self.job.has_history:
            result = TableResult(ledger_table=None, table_name=self.job.history_table)
            self.progress.read_items(result.table_name)
            result.items, result.other_items = scan.read(result.table_name, reader.history)
            self.tables.append(result)

    def compare(self, coverage: Coverage, differs: Callable[[Difference], None]) -> None:
        """Compare one partition after the other."""
        comparison = Comparison(coverage)
        self.progress.compare(PARTITIONS)
        for place in range(PARTITIONS):
            for each in self._compared(comparison, self._export, self._items, place):
                self._count(each)
                differs(each)
            self.progress.advance(1)
        for place, table in enumerate(self.tables):
            table.expected = comparison.expected[None if table.ledger_table is None else place]

    def _compared(
        self, comparison: Comparison, export: PartitionedFiles, items: PartitionedFiles, place: int
    ) -> Iterator[Difference]:
        size = max(export.size(place), items.size(place))
        if size > self.options.partition_bytes and export.level < MAX_LEVEL:
            sorted_export, sorted_items = export.split(place), items.split(place)
            for part in range(PARTITIONS):
                yield from self._compared(comparison, sorted_export, sorted_items, part)
            return
        found = documents(
            restored(values) for side in (export, items) for values in side.records(place)
        )
        export.remove(place)
        items.remove(place)
        for document_id in sorted(found):
            yield from comparison.compare(document_id, found[document_id])

    def _count(self, difference: Difference) -> None:
        place = -1 if difference.place is None else difference.place
        self.tables[place].counts[difference.kind] += 1
        listed = self.listed[difference.kind]
        if len(listed) < self.options.limit:
            listed.append(difference)
