"""Counts documents exactly, whatever their number, with records in files of bounded size.

Which state a document is in, only its last revision tells, and an export may have more documents
than fit in memory. So each revision becomes a record in one of many files, chosen by its document,
and each file is counted by itself.
"""

from __future__ import annotations

import struct as packing
import zlib
from collections import Counter
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from journal.exports.block_facts import RevisionState

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping
    from pathlib import Path

_ID_BYTES = 22
"""Length of the ids that QLDB generates."""

_RECORD = packing.Struct(f">{_ID_BYTES}sIQBHI")
_RECORD_BYTES = _RECORD.size
_KEY_BYTES = _ID_BYTES + 4
"""Document and version."""

_STATE_STOP = _KEY_BYTES + 8 + 1 + 2
"""Where table, state and units end."""

_VALUE = packing.Struct(">QBH")
_MAX_VERSION = 2**32 - 1
_MAX_UNITS = 2**16 - 1
_BUFFER_BYTES = 128 * 1024
_PARTITION_BYTES = 64 * 1024 * 1024
"""Bytes of an export for one file of records: a few MB of them."""

_MIN_PARTITIONS, _MAX_PARTITIONS = 8, 512

UNKNOWN_TABLE = 0
"""Number of the table of a revision whose block does not tell it."""


def partitions_for(size: int) -> int:
    """Return the number of files for an export of some bytes."""
    return min(max(size // _PARTITION_BYTES, _MIN_PARTITIONS), _MAX_PARTITIONS)


def table_number(table_id: str | None) -> int:
    """Return a number that stands for a table in records."""
    if table_id is None:
        return UNKNOWN_TABLE
    return int.from_bytes(blake2b(table_id.encode(errors="replace"), digest_size=8).digest())


def object_number(key: str) -> int:
    """Return a number that stands for an object in records."""
    return zlib.crc32(key.encode(errors="surrogateescape"))


def document_key(document_id: str) -> bytes:
    """Return what stands for a document in records: its id, which has a fixed length in QLDB."""
    key = document_id.encode()
    if len(key) > _ID_BYTES:
        return b"\0" + blake2b(key, digest_size=_ID_BYTES - 1).digest()
    return key


def pack(  # noqa: PLR0917 (called for each revision)
    document: bytes, version: int, table: int, state: RevisionState, units: int, in_object: int
) -> bytes:
    """Return the record of a revision.

    Parameters
    ----------
    document
        By `document_key`.
    table, in_object
        By `table_number` and `object_number`.
    units
        Write units of the item.
    """
    return _RECORD.pack(
        document, min(version, _MAX_VERSION), table, state, min(units, _MAX_UNITS), in_object
    )


def partition_of(document: bytes, partitions: int) -> int:
    """Return the file for the records of a document."""
    return zlib.crc32(document) % partitions


class RecordFiles:
    """The records of one strand.

    Parameters
    ----------
    folder
        Empty; for this alone.
    partitions
        Number of files.
    """

    def __init__(self, folder: Path, partitions: int) -> None:
        self._folder = folder
        self._buffers = [bytearray() for _ in range(partitions)]

    def add(self, records: Mapping[int, bytes]) -> None:
        """Add records by their file; those of one document in the order of its versions."""
        for partition, content in records.items():
            buffer = self._buffers[partition]
            buffer += content
            if len(buffer) >= _BUFFER_BYTES:
                self._flush(partition)

    def read(self, partition: int) -> bytes:
        """Return the records of one file."""
        path = self._folder / str(partition)
        stored = path.read_bytes() if path.exists() else b""
        return stored + bytes(self._buffers[partition])

    def __len__(self) -> int:
        return len(self._buffers)

    def _flush(self, partition: int) -> None:
        # Not kept open: there may be more files than a process may have open.
        with (self._folder / str(partition)).open("ab") as file:
            file.write(self._buffers[partition])
        self._buffers[partition].clear()


class DocumentCounts(NamedTuple):
    """The documents of one table by the state of their last revision.

    Attributes
    ----------
    live, deleted
        Those whose last revision has a document, or none.
    redacted
        Those of which only redacted revisions are last: what followed is not in the export.
    units
        Write units of the last revisions.
    """

    live: int = 0
    deleted: int = 0
    redacted: int = 0
    units: int = 0


class FoundTables(NamedTuple):
    """Revisions whose block does not tell their table, which other revisions of the document do."""

    revisions: int
    redacted: int
    deleted: int


class Counted(NamedTuple):
    """What all records of a strand tell.

    Attributes
    ----------
    documents
        By number of the table.
    found_tables
        Revisions whose table was found by other revisions of the document, by number of the table.
    """

    documents: dict[int, DocumentCounts]
    found_tables: dict[int, FoundTables]


def count_documents(files: RecordFiles) -> Counted:
    """Count the documents of all files."""
    values: Counter[bytes] = Counter()
    found: Counter[tuple[int, int]] = Counter()
    for partition in range(len(files)):
        records = files.read(partition)
        values.update(_last_values(records, found))
    documents: dict[int, DocumentCounts] = {}
    for value, number in values.items():
        table, state, units = _VALUE.unpack(value)
        counts = documents.get(table, DocumentCounts())
        documents[table] = DocumentCounts(
            counts.live + number * (state == RevisionState.LIVE),
            counts.deleted + number * (state == RevisionState.DELETED),
            counts.redacted + number * (state == RevisionState.REDACTED),
            counts.units + number * units,
        )
    found_tables = {
        table: FoundTables(
            sum(found[table, state] for state in RevisionState),
            found[table, RevisionState.REDACTED],
            found[table, RevisionState.DELETED],
        )
        for table in {table for table, _ in found}
    }
    return Counted(documents, found_tables)


def _last_values(records: bytes, found: Counter[tuple[int, int]]) -> Iterator[bytes]:
    """Return table, state and units of the last revision of each document."""
    starts = range(0, len(records), _RECORD_BYTES)
    documents = [records[start : start + _ID_BYTES] for start in starts]
    values = [records[start + _KEY_BYTES : start + _STATE_STOP] for start in starts]
    if any(value.startswith(bytes(8)) for value in values):
        values = _with_tables(documents, values, found)
    # Records are in the order of the journal, and of duplicate keys the last wins.
    yield from dict(zip(documents, values, strict=True)).values()


def _with_tables(
    documents: list[bytes], values: list[bytes], found: Counter[tuple[int, int]]
) -> list[bytes]:
    known = {
        document: value[:8]
        for document, value in zip(documents, values, strict=True)
        if not value.startswith(bytes(8))
    }
    complete = []
    for document, value in zip(documents, values, strict=True):
        if value.startswith(bytes(8)) and document in known:
            table = known[document]
            found[int.from_bytes(table), value[8]] += 1
            value = table + value[8:]  # noqa: PLW2901 (the same value, with its table)
        complete.append(value)
    return complete


class Disagreement(NamedTuple):
    """A revision that is redacted in one copy and whole in another.

    Attributes
    ----------
    document_id, version
        The revision.
    is_read_whole
        Whether the copy that is to be read has the document.
    whole_in
        Numbers of the objects that have the document.
    """

    document_id: str
    version: int
    is_read_whole: bool
    whole_in: tuple[int, ...]


def disagreements(taken: RecordFiles, superseded: RecordFiles) -> Iterator[Disagreement]:
    """Find revisions that are redacted in one export, and whole in another.

    Parameters
    ----------
    taken, superseded
        What is to be read, and the other copies of the same blocks; with the same number of files.
    """
    for partition in range(len(superseded)):
        others = _by_revision(superseded.read(partition), None)
        if others:
            copies = _by_revision(taken.read(partition), others.keys())
            for key, found in sorted(others.items()):
                disagreement = _disagreement(key, copies.get(key, []), found)
                if disagreement is not None:
                    yield disagreement


def _by_revision(
    records: bytes, wanted: Container[bytes] | None
) -> dict[bytes, list[tuple[int, int]]]:
    """Return state and object of each copy of a revision."""
    starts: Iterable[int] = range(0, len(records), _RECORD_BYTES)
    if wanted is not None:
        keys = (records[start : start + _KEY_BYTES] for start in starts)
        starts = (start for start, key in zip(starts, keys, strict=True) if key in wanted)
    found: dict[bytes, list[tuple[int, int]]] = {}
    for start in starts:
        _, _, _, state, _, in_object = _RECORD.unpack_from(records, start)
        found.setdefault(records[start : start + _KEY_BYTES], []).append((state, in_object))
    return found


def _disagreement(
    key: bytes, taken: list[tuple[int, int]], others: list[tuple[int, int]]
) -> Disagreement | None:
    copies = taken + others
    states = {state for state, _ in copies}
    if not {RevisionState.LIVE, RevisionState.REDACTED} <= states:
        return None
    return Disagreement(
        key[:_ID_BYTES].rstrip(b"\0").decode(errors="replace"),
        int.from_bytes(key[_ID_BYTES:]),
        any(state == RevisionState.LIVE for state, _ in taken),
        tuple(in_object for state, in_object in copies if state == RevisionState.LIVE),
    )
