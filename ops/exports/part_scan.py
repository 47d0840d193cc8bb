"""Reads the facts of the blocks in a batch of objects; runs in other processes."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import DamagedObject, IonError
from journal.exports.block import time_text
from journal.exports.block_facts import BlockReader, RevisionState, block_address
from journal.exports.blocks import object_blocks
from journal.ion.structure import struct
from ops.exports.document_records import (
    document_key,
    object_number,
    pack,
    partition_of,
    table_number,
)
from ops.exports.item_size import WriteUnits
from ops.exports.source import ObjectError, open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from journal.exports.block_facts import BlockFacts, Table
    from journal.exports.located import Located
    from journal.exports.sequence import ObjectPart
    from journal.exports.table_statements import TableStatement
    from journal.ion.structure import Span

MAX_PROBLEMS = 20
"""Problems of one object that are kept."""

_opened = lru_cache(maxsize=1)(open_source)
"""Each process opens the source once."""


class Place(NamedTuple):
    """A block: its sequence number, and its time as Ion text."""

    sequence_no: int
    time: str


class Problem(NamedTuple):
    """Something that cannot be read.

    Attributes
    ----------
    key
        The object.
    problem
        What was expected, and what is there.
    offset
        Bytes before the place, in the object without its compression; None if it is not known.
    """

    key: str
    problem: str
    offset: int | None


@dataclass(slots=True)
class PartScan:
    """What was found in the blocks that are taken from an object.

    Attributes
    ----------
    part
        The object.
    format
        Its format; None if it could not be read.
    object_first, object_last
        Sequence numbers of the first and last block of the whole object.
    first, last
        The first and last block that was taken.
    blocks
        How many were taken.
    gaps
        First and last of the sequence numbers that are missing between two taken blocks.
    disordered
        How many blocks come again, or after one with a higher sequence number; they are not taken.
    foreign
        How many blocks are of another strand; they are not taken.
    problems
        What could not be read.
    """

    part: ObjectPart
    format: str | None = None
    object_first: int | None = None
    object_last: int | None = None
    first: Place | None = None
    last: Place | None = None
    blocks: int = 0
    gaps: list[tuple[int, int]] = field(default_factory=list)
    disordered: int = 0
    foreign: int = 0
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class TableTally:
    """The revisions of one table.

    Attributes
    ----------
    names
        The table's names; one, as far as is known.
    revisions, redacted, deleted
        All of them, those with only the hash of their document, and those that are deletes.
    bytes
        Of their documents, as binary Ion.
    units
        Write units of all of them.
    first, last
        Sequence numbers of the first and last block that has one.
    """

    names: set[str] = field(default_factory=set)
    revisions: int = 0
    redacted: int = 0
    deleted: int = 0
    bytes: int = 0
    units: int = 0
    first: int | None = None
    last: int | None = None

    def add(self, other: TableTally) -> None:
        """Add what was found in later objects."""
        self.names |= other.names
        self.revisions += other.revisions
        self.redacted += other.redacted
        self.deleted += other.deleted
        self.bytes += other.bytes
        self.units += other.units
        self.first = other.first if self.first is None else self.first
        self.last = self.last if other.last is None else other.last


class FoundStatement(NamedTuple):
    """A statement about a table, and its block."""

    place: Place
    statement: TableStatement


@dataclass(slots=True)
class BatchScan:
    """What was found in a batch of objects.

    Attributes
    ----------
    parts
        By object.
    tables
        By id of the table; None for revisions whose block does not tell it.
    statements
        Those that create and drop tables.
    hash_only
        Number of revisions of QLDB's own catalog.
    records
        Records of all revisions, by file (`ops.exports.document_records`).
    """

    parts: list[PartScan] = field(default_factory=list)
    tables: dict[str | None, TableTally] = field(default_factory=dict)
    statements: list[FoundStatement] = field(default_factory=list)
    hash_only: int = 0
    records: dict[int, bytes] = field(default_factory=dict)


def scan_batch(
    location: str, parts: Sequence[ObjectPart], *, strand_id: str, partitions: int
) -> BatchScan:
    """Read the blocks of some objects.

    Parameters
    ----------
    location
        Of the source.
    parts
        What to take from which object.
    strand_id
        The strand that is read.
    partitions
        Number of files of records.
    """
    scanner = _Scanner(strand_id, partitions)
    source = _opened(location)
    for part in parts:
        found = PartScan(part)
        scanner.batch.parts.append(found)
        try:
            blocks = object_blocks(source.chunks(part.key))
            found.format = blocks.format.value
            scanner.scan(found, blocks.blocks)
        except DamagedObject as error:
            found.problems.append(Problem(part.key, error.code, error.offset))
        except ObjectError as error:
            found.problems.append(Problem(part.key, str(error), None))
    return scanner.finish()


class _Table:
    """A table while a batch is read."""

    __slots__ = ("number", "tally", "write_units")

    def __init__(self, table_id: str | None) -> None:
        self.tally = TableTally()
        self.number = table_number(table_id)
        self.write_units = WriteUnits()


class _Scanner:
    """Reads the objects of a batch."""

    def __init__(self, strand_id: str, partitions: int) -> None:
        self._strand_id = strand_id
        self._partitions = partitions
        self._records: list[list[bytes]] = [[] for _ in range(partitions)]
        self._tables: dict[str | None, _Table] = {}
        self.batch = BatchScan()

    def scan(self, found: PartScan, blocks: Iterable[Located]) -> None:
        """Read the blocks of one object."""
        reader = BlockReader()
        in_object = object_number(found.part.key)
        first = last = None
        try:
            for located in blocks:
                try:
                    facts = self._facts(found, located.span, reader)
                except IonError as error:
                    _note(found, error.code, located.offset)
                    continue
                if facts is None:
                    continue
                if last is None:
                    first = facts
                elif facts.address.sequence_no != last.address.sequence_no + 1:
                    found.gaps.append((last.address.sequence_no + 1, facts.address.sequence_no - 1))
                last = facts
                found.blocks += 1
                self._add(found, facts, in_object)
        finally:
            found.first = None if first is None else _place(found, first)
            found.last = None if last is None else _place(found, last)

    def _facts(self, found: PartScan, block: Span, reader: BlockReader) -> BlockFacts | None:
        """Return the facts of a block; None if it is not to be taken."""
        fields = struct(block)
        address = block_address(fields)
        number = address.sequence_no
        if address.strand_id != self._strand_id:
            found.foreign += 1
            return None
        if found.object_last is not None and number <= found.object_last:
            found.disordered += 1
            return None
        if found.object_first is None:
            found.object_first = number
        found.object_last = number
        if not found.part.read_from <= number <= found.part.read_to:
            return None
        return reader.facts(fields, address)

    def _add(self, found: PartScan, facts: BlockFacts, in_object: int) -> None:
        self.batch.hash_only += facts.hash_only
        for statement in facts.table_statements:
            self.batch.statements.append(FoundStatement(_place(found, facts), statement))
        number = facts.address.sequence_no
        for revision in facts.revisions:
            table = self._table(revision.table)
            tally = table.tally
            if tally.first is None:
                tally.first = number
            tally.last = number
            tally.revisions += 1
            data = revision.data
            if data is not None:
                tally.bytes += data[4] - data[3]
            elif revision.state is RevisionState.REDACTED:
                tally.redacted += 1
            else:
                tally.deleted += 1
            units = table.write_units.of(data)
            tally.units += units
            document = document_key(revision.document_id)
            self._records[partition_of(document, self._partitions)].append(
                pack(document, revision.version, table.number, revision.state, units, in_object)
            )

    def _table(self, table: Table | None) -> _Table:
        table_id = None if table is None else table.table_id
        found = self._tables.get(table_id)
        if found is None:
            found = self._tables[table_id] = _Table(table_id)
        if table is not None and table.name not in found.tally.names:
            found.tally.names.add(table.name)
        return found

    def finish(self) -> BatchScan:
        """Return what was found in all objects."""
        self.batch.tables = {table_id: table.tally for table_id, table in self._tables.items()}
        self.batch.records = {
            place: b"".join(records) for place, records in enumerate(self._records) if records
        }
        return self.batch


def _place(found: PartScan, facts: BlockFacts) -> Place:
    number = facts.address.sequence_no
    try:
        return Place(number, time_text(facts.timestamp))
    except IonError as error:
        _note(found, error.code, None)
        return Place(number, "an unknown time")


def _note(found: PartScan, problem: str, offset: int | None) -> None:
    if len(found.problems) < MAX_PROBLEMS:
        found.problems.append(Problem(found.part.key, problem, offset))
