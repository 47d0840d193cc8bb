"""Puts together what was found in the objects of one strand."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ops.exports.document_records import DocumentCounts, table_number
from ops.exports.inspection import MissingBlocks, TableInspection
from ops.exports.part_scan import TableTally
from ops.exports.table_lives import TableLife, table_lives

if TYPE_CHECKING:
    from ops.exports.document_records import Counted, FoundTables
    from ops.exports.part_scan import BatchScan, FoundStatement, PartScan, Place, Problem

MAX_MISSING = 1000
"""Missing ranges of blocks that are kept."""


class StrandSurvey:
    """What was found so far, in the order of the journal.

    Attributes
    ----------
    first, last
        The first and last block.
    blocks, hash_only
        Number of blocks, and of revisions of QLDB's own catalog.
    formats
        Number of objects by format.
    missing
        Blocks that are not there.
    ends
        The first and last block that were found in the objects of each export.
    export_formats
        The formats of the objects of each export.
    problems
        What could not be read.
    disordered, foreign
        Objects with blocks that come again or in another order, or of another strand, and how many.
    cut
        Objects whose last block is before the one that their name tells.
    misnamed
        Objects whose first or last block is another one than their name tells, but not cut.
    """

    def __init__(self) -> None:
        self.first: Place | None = None
        self.last: Place | None = None
        self.blocks = 0
        self.hash_only = 0
        self.formats: Counter[str] = Counter()
        self.missing: list[MissingBlocks] = []
        self.missing_blocks = 0
        self.ends: dict[str | None, tuple[Place, Place]] = {}
        self.export_formats: dict[str | None, set[str]] = {}
        self.problems: dict[Problem, None] = {}
        self.disordered: Counter[str] = Counter()
        self.foreign: Counter[str] = Counter()
        self.cut: dict[str, PartScan] = {}
        self.misnamed: dict[str, PartScan] = {}
        self._tables: dict[str | None, TableTally] = {}
        self._statements: list[FoundStatement] = []
        self._formatted: set[str] = set()
        self._expected: int | None = None

    def add(self, batch: BatchScan) -> None:
        """Add what was found in a batch of objects, the next ones in the order of the journal."""
        for part in batch.parts:
            self._add_object(part)
            self._add_place(part)
        self.hash_only += batch.hash_only
        self._statements += batch.statements
        for table_id, tally in batch.tables.items():
            self._tables.setdefault(table_id, TableTally()).add(tally)

    def add_superseded(self, batch: BatchScan) -> None:
        """Add what was found in copies that are not to be read."""
        for part in batch.parts:
            self._add_object(part)

    def _add_object(self, found: PartScan) -> None:
        part = found.part
        for problem in found.problems:
            self.problems[problem] = None
        if found.disordered:
            self.disordered[part.key] = found.disordered
        if found.foreign:
            self.foreign[part.key] = found.foreign
        if found.format is not None and part.key not in self._formatted:
            # An object may have several parts.
            if not part.is_whole:
                self._formatted.add(part.key)
            self.formats[found.format] += 1
            self.export_formats.setdefault(part.export_id, set()).add(found.format)
        if found.object_first is not None and found.object_last is not None:
            if found.object_first == part.first and found.object_last < part.last:
                self.cut[part.key] = found
            elif (found.object_first, found.object_last) != (part.first, part.last):
                self.misnamed[part.key] = found
        if found.first is not None and found.last is not None:
            first, last = self.ends.get(part.export_id, (found.first, found.last))
            self.ends[part.export_id] = (min(first, found.first), max(last, found.last))

    def _add_place(self, found: PartScan) -> None:
        part = found.part
        self.blocks += found.blocks
        if self._expected is not None and self._expected < part.read_from:
            self._miss(self._expected, part.read_from - 1, None, self.last, found.first)
        self._expected = part.read_to + 1
        if found.first is None or found.last is None:
            self._miss(part.read_from, part.read_to, part.key, self.last, None)
            return
        if part.read_from < found.first.sequence_no:
            self._miss(
                part.read_from, found.first.sequence_no - 1, part.key, self.last, found.first
            )
        for first, last in found.gaps:
            self._miss(first, last, part.key, found.first, found.last)
        if found.last.sequence_no < part.read_to:
            self._miss(found.last.sequence_no + 1, part.read_to, part.key, found.last, None)
        self.first = self.first or found.first
        self.last = found.last

    def _miss(
        self, first: int, last: int, key: str | None, after: Place | None, before: Place | None
    ) -> None:
        self.missing_blocks += last - first + 1
        if len(self.missing) < MAX_MISSING:
            self.missing.append(MissingBlocks(first, last, key, after, before))

    def tables(self, counted: Counted) -> list[TableInspection]:
        """Return all tables with their documents, by name."""
        tallies = dict(self._tables)
        for number, found in counted.found_tables.items():
            _move(tallies, number, found)
        lives = table_lives(
            self._statements,
            [
                (table_id, name, tally.first or 0)
                for table_id, tally in tallies.items()
                for name in tally.names
                if table_id is not None
            ],
        )
        tables = [
            _table(
                table_id,
                tally,
                counted.documents.get(table_number(table_id), DocumentCounts()),
                lives.get(table_id or "", TableLife()),
            )
            for table_id, tally in tallies.items()
            if tally.revisions
        ]
        tables.sort(key=lambda table: (table.name is None, table.name or "", table.table_id or ""))
        return tables


def _move(tallies: dict[str | None, TableTally], number: int, found: FoundTables) -> None:
    """Count revisions with their table that other revisions of their documents tell."""
    unknown = tallies[None]
    known = next(tally for table_id, tally in tallies.items() if table_number(table_id) == number)
    share = found.revisions / unknown.revisions
    # Which of them are how large is not recorded: the average is near enough.
    size, units = round(unknown.bytes * share), round(unknown.units * share)
    for tally, sign in ((known, 1), (unknown, -1)):
        tally.revisions += sign * found.revisions
        tally.redacted += sign * found.redacted
        tally.deleted += sign * found.deleted
        tally.bytes += sign * size
        tally.units += sign * units


def _table(
    table_id: str | None, tally: TableTally, documents: DocumentCounts, life: TableLife
) -> TableInspection:
    return TableInspection(
        table_id=table_id,
        name=min(tally.names, default=None),
        live=documents.live,
        deleted=documents.deleted,
        only_redacted=documents.redacted,
        revisions=tally.revisions,
        redacted=tally.redacted,
        deletes=tally.deleted,
        bytes=tally.bytes,
        write_units=documents.units,
        history_write_units=tally.units,
        created=life.created,
        dropped=life.dropped,
        restored=life.restored,
    )
