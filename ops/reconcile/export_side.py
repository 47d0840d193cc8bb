"""Reads a journal export into records of its revisions; runs in other processes."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from typing_extensions import override

from handler.history import revision_write
from handler.replica import check_integer, projected_attributes, write_for
from journal.errors import DamagedObject, IonError, MalformedRecord
from journal.exports.block import time_text
from journal.exports.block_facts import Table
from journal.exports.block_revisions import NO_TABLE
from journal.exports.blocks import Format, object_blocks
from journal.exports.table_statements import table_statements
from journal.ion.timestamps import timestamp_text
from journal.revisions import RevisionKind
from ops.exports.catalogue import Unreadable
from ops.exports.part_scan import FoundStatement, Place
from ops.exports.source import ObjectError, open_source
from ops.reconcile.canonical import bytes_digest, item_digest, untyped_digest
from ops.reconcile.item_parts import digest
from ops.reconcile.partitions import PARTITIONS, packed, partition_of
from ops.reconcile.records import Expected, Fact, Redacted, stored
from ops.replay.revisions import Found, FoundFault, read_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handler.history import HistoryWrite
    from handler.replica import Write
    from handler.settings import ReplicaTable
    from journal.exports.block_revisions import BlockRevisions
    from journal.exports.sequence import ObjectPart
    from journal.revisions import Revision
    from ops.exports.source import Entry, Source
    from ops.reconcile.job import Job
    from ops.reconcile.records import Record
    from ops.replay.revisions import FoundRevision

NO_TABLE_PROBLEM = "a revision whose block does not name its ledger table"

_SECONDS_PER_DAY = 86_400


class Generation(NamedTuple):
    """A ledger table.

    Attributes
    ----------
    name
        Its name.
    first, last
        Sequence numbers of the first and last block with a revision of it.
    """

    name: str
    first: int
    last: int

    def and_also(self, other: Generation) -> Generation:
        """Return what two parts of the journal have of it."""
        return Generation(self.name, min(self.first, other.first), max(self.last, other.last))


@dataclass(slots=True)
class BatchRecords:
    """What was found in a batch of objects.

    Attributes
    ----------
    size
        Bytes of its objects as stored.
    blocks, revisions
        How many were read.
    formats
        Number of objects by format.
    problems
        What cannot be read.
    generations
        By index of the replica, what is known of each table id that it has.
    statements
        Those that create and drop tables.
    records
        Records by partition, as `ops.reconcile.partitions.packed` returns them.
    """

    size: int = 0
    blocks: int = 0
    revisions: int = 0
    formats: Counter[str] = field(default_factory=Counter)
    problems: list[Unreadable] = field(default_factory=list)
    generations: dict[int, dict[str, Generation]] = field(default_factory=dict)
    statements: list[FoundStatement] = field(default_factory=list)
    records: dict[int, bytes] = field(default_factory=dict)


_opened = lru_cache(maxsize=1)(open_source)
"""Each process opens the source once."""


def read_batch(
    location: str, parts: Sequence[ObjectPart], *, job: Job, is_superseded: bool
) -> BatchRecords:
    """Read some objects.

    Parameters
    ----------
    location
        Of the source.
    parts
        What to take from which object.
    job
        What is compared.
    is_superseded
        Whether these are copies of blocks that another export has too: only their redactions
        count.
    """
    source = _Watched(_opened(location))
    sink = _Sink(job, source, is_superseded=is_superseded)
    for part in parts:
        try:
            read_part(source, part, job.strand_id, sink)
        except ObjectError as error:
            sink.problems.append(Unreadable(part.key, str(error)))
        sink.result.formats[source.format.value] += 1
    return sink.finish(sum(part.size for part in parts))


class _Watched:
    """A source that knows the format of the object that is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.format = Format.EMPTY

    @property
    def location(self) -> str:
        return self._source.location

    def entries(self) -> Iterator[Entry]:
        return self._source.entries()

    def encryption(self, key: str) -> str | None:
        return self._source.encryption(key)

    def chunks(self, key: str, etag: str = "") -> Iterator[bytes]:
        self.format = Format.EMPTY
        pieces = self._source.chunks(key, etag)
        first = next(pieces, b"")
        # What is damaged, the reader tells.
        with suppress(DamagedObject):
            self.format = object_blocks([first]).format
        yield first
        yield from pieces


class _Sink(Found):
    """Turns the revisions of each block into records."""

    def __init__(self, job: Job, source: _Watched, *, is_superseded: bool) -> None:
        super().__init__()
        self._job = job
        self._source = source
        self._is_superseded = is_superseded
        self._now = time.time()
        self._records: list[list[tuple[Any, ...]]] = [[] for _ in range(PARTITIONS)]
        self.result = BatchRecords()

    @override
    def block_starts(self, block: BlockRevisions) -> None:
        info = block.transaction_info
        if info is None or self._is_superseded:
            return
        # Statements decide only what a tombstone is called; no revision depends on them.
        with suppress(IonError):
            for statement in table_statements(info):
                place = Place(block.address.sequence_no, _time(block))
                self.result.statements.append(FoundStatement(place, statement))

    @override
    def block_ends(self) -> None:
        read = len(self.revisions) + len(self.faulty)
        for announced in self.redactions:
            redaction = announced.redaction
            if _fault(redaction.version) is None:
                self._add(Redacted(redaction.document_id, redaction.version))
        for found in self.revisions:
            fault = _fault(found.revision.version)
            if fault is None:
                self._take(found)
            else:
                table = Table(found.revision.table_id, found.revision.table_name)
                self.faulty.append(
                    FoundFault(found.sequence_no, found.place, found.span, table, fault)
                )
        if not self._is_superseded:
            self.result.revisions += read
            self.problems.extend(
                Unreadable(f"block {each.sequence_no}", f"revision {each.place}: {each.code}")
                for each in self.faulty
                if each.table == NO_TABLE
                or self._job.table_of(each.table.name, each.table.table_id) is not None
            )
        self.redactions.clear()
        self.revisions.clear()
        self.faulty.clear()

    def finish(self, size: int) -> BatchRecords:
        """Return everything that was found."""
        result = self.result
        result.size = size
        if not self._is_superseded:
            result.blocks = self.blocks
        result.problems = self.problems
        result.records = {
            place: packed(records) for place, records in enumerate(self._records) if records
        }
        return result

    def _add(self, record: Record) -> None:
        self._records[partition_of(record.document_id)].append(stored(record))

    def _take(self, found: FoundRevision) -> None:
        revision = found.revision
        is_redacted = revision.kind is RevisionKind.REDACTED
        if is_redacted:
            self._add(Redacted(revision.document_id, revision.version))
        if self._is_superseded:
            return
        table = self._job.table_of(revision.table_name, revision.table_id)
        if table is not None:
            place = self._job.place_of(table)
            add_generation(
                self.result.generations.setdefault(place, {}),
                revision.table_id,
                Generation(revision.table_name, found.sequence_no, found.sequence_no),
            )
            self._add(self._expected(revision, table, place))
        elif not is_redacted and (revision.table_id, revision.table_name) == NO_TABLE:
            self.problems.append(Unreadable(f"block {found.sequence_no}", NO_TABLE_PROBLEM))

    def _expected(self, revision: Revision, table: ReplicaTable, place: int) -> Expected:
        facts = Fact.JSON if self._source.format is Format.JSON else Fact(0)
        if revision.kind is RevisionKind.REDACTED:
            facts |= Fact.REDACTED
        elif revision.kind is RevisionKind.DELETE:
            facts |= Fact.TOMBSTONE
            if self._may_have_expired(revision, table):
                facts |= Fact.MAY_HAVE_EXPIRED
        digests = _Digests(self._job.is_deep, bool(facts & Fact.JSON))
        projected = None
        if table.history:
            try:
                projected = projected_attributes(revision, table)
                digests.add_history(
                    revision_write(revision, table, self._job.history_table, projected)
                )
            except Exception:  # noqa: BLE001 (as the handler, which quarantines the revision)
                facts |= Fact.NO_HISTORY
        else:
            facts |= Fact.NO_HISTORY
        if revision.kind is not RevisionKind.REDACTED:
            try:
                digests.add_state(write_for(revision, table, self._now, projected), table)
            except Exception:  # noqa: BLE001 (as the handler, which quarantines the revision)
                facts |= Fact.UNSTORABLE
        return Expected(
            document_id=revision.document_id,
            table=place,
            version=revision.version,
            facts=int(facts),
            table_id=revision.table_id,
            hash=bytes_digest(revision.hash),
            data_hash=b"" if revision.data_hash is None else bytes_digest(revision.data_hash),
            **digests.found,
        )

    def _may_have_expired(self, revision: Revision, table: ReplicaTable) -> bool:
        days = table.tombstone_lifetime_days
        if days is None:
            return False
        try:
            written = datetime.fromisoformat(timestamp_text(*revision.tx_time)).timestamp()
        except (IonError, ValueError):
            return True
        return written + days * _SECONDS_PER_DAY <= self._now


def _time(block: BlockRevisions) -> str:
    try:
        return "" if block.timestamp is None else time_text(block.timestamp)
    except IonError:
        return ""


def add_generation(known: dict[str, Generation], table_id: str, more: Generation) -> None:
    """Add what a part of the journal has of a ledger table."""
    before = known.get(table_id)
    known[table_id] = more if before is None else before.and_also(more)


def _fault(version: int) -> str | None:
    """Return what is wrong with a version; None if it is one."""
    try:
        check_integer("version", version)
    except MalformedRecord as error:
        return error.code
    return None


class _Digests:
    """The digests of the items of one revision, by their names in `Expected`."""

    def __init__(self, is_deep: bool, is_json: bool) -> None:  # noqa: FBT001 (two facts)
        self._is_deep = is_deep
        self._is_json = is_json
        self._document: bytes | None = None
        self._untyped_document: bytes | None = None
        self.found: dict[str, bytes] = {}

    def add_history(self, write: HistoryWrite) -> None:
        if not self._is_deep:
            return
        item = write.item
        if not write.is_redaction:
            self._document = item_digest(write.content)
        self.found["history"] = digest(item, document=self._document)
        if self._is_json:
            if not write.is_redaction:
                self._untyped_document = untyped_digest(write.content)
            self.found["history_untyped"] = digest(
                item, document=self._untyped_document, of=untyped_digest
            )

    def add_state(self, write: Write, table: ReplicaTable) -> None:
        if not self._is_deep:
            return
        # Where there are indexes, some values may be elsewhere than in the history.
        is_shared = not table.index_keys
        item = write.item
        self.found["value"] = digest(item, document=self._document if is_shared else None)
        if self._is_json:
            self.found["untyped"] = digest(
                item,
                document=self._untyped_document if is_shared else None,
                of=untyped_digest,
            )


def batch_reader(job: Job, *, is_superseded: bool) -> partial[BatchRecords]:
    """Return `read_batch` for one job, as other processes can call it."""
    return partial(read_batch, job=job, is_superseded=is_superseded)
