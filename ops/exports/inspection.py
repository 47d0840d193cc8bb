"""The result of an inspection: what an owner has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ops.exports.catalogue import FoundProof
    from ops.exports.part_scan import Place, Problem
    from ops.exports.to_know import Notice


@dataclass(frozen=True, kw_only=True)
class ExportInspection:
    """One export.

    Attributes
    ----------
    export_id, strand_id, ledger_name
        As its manifests tell; None for what they do not.
    format
        As its started manifest or, without one, its objects tell; None for an empty export.
    encryption
        As its started manifest tells; None without one.
    stored_encryption
        As the bucket encrypts its first object now; None in a folder.
    start_time, end_time
        The time that was asked for, as Ion text.
    is_completed
        Whether its completed manifest is there.
    objects, bytes
        What is there of it.
    missing
        How many objects of its manifest are not there.
    first, last
        Its first and last block; None if it has none, or they could not be read.
    """

    export_id: str
    strand_id: str | None
    ledger_name: str | None
    format: str | None
    encryption: str | None
    stored_encryption: str | None
    start_time: str | None
    end_time: str | None
    is_completed: bool
    objects: int
    bytes: int
    missing: int
    first: Place | None
    last: Place | None


@dataclass(frozen=True, kw_only=True)
class TableInspection:
    """One ledger table.

    Attributes
    ----------
    table_id, name
        None for revisions whose table nothing tells.
    live, deleted
        Documents by their last revision in the export.
    only_redacted
        Documents whose last revision in the export is redacted, so that what followed is missing.
    revisions, redacted, deletes
        All revisions; those without their document; those that are deletes.
    bytes
        Of all documents of all revisions, as binary Ion.
    write_units, history_write_units
        To write the last revision of each document, and all revisions.
    created, dropped, restored
        The last time of each statement about the table, if one was found.
    """

    table_id: str | None
    name: str | None
    live: int
    deleted: int
    only_redacted: int
    revisions: int
    redacted: int
    deletes: int
    bytes: int
    write_units: int
    history_write_units: int
    created: str | None
    dropped: str | None
    restored: str | None

    @property
    def is_dropped(self) -> bool:
        """Whether the table was dropped, and not restored afterwards."""
        return self.dropped is not None and self.restored is None


class MissingBlocks(NamedTuple):
    """Blocks that are not there.

    Attributes
    ----------
    first, last
        Their sequence numbers.
    key
        The object whose name says that it has them; None if there is no such object.
    after, before
        The blocks around them; None at the start and at the end.
    """

    first: int
    last: int
    key: str | None
    after: Place | None
    before: Place | None


class Overlap(NamedTuple):
    """Blocks that several exports have.

    Attributes
    ----------
    first, last
        Their sequence numbers.
    read_from, also_in
        The export that they are read from, and the one that has them as well; None for objects
        that no manifest names.
    """

    first: int
    last: int
    read_from: str | None
    also_in: str | None


class StillWhole(NamedTuple):
    """A redacted revision that another copy still has.

    Attributes
    ----------
    document_id, version
        The revision.
    keys
        The objects that have its document.
    is_read
        Whether the block is read from one of them.
    """

    document_id: str
    version: int
    keys: tuple[str, ...]
    is_read: bool


@dataclass(frozen=True, kw_only=True)
class LoadEstimate:
    """What it takes to write the documents to DynamoDB.

    Attributes
    ----------
    items
        Live documents and tombstones.
    write_units, dollars, seconds
        To write each once.
    history_items, history_write_units, history_dollars, history_seconds
        To write all revisions, for tables with a history.
    """

    items: int
    write_units: int
    dollars: float
    seconds: float
    history_items: int
    history_write_units: int
    history_dollars: float
    history_seconds: float


@dataclass(frozen=True, kw_only=True)
class StrandInspection:
    """The journal of one ledger.

    Attributes
    ----------
    strand_id
        The ledger's strand.
    ledger_names
        As the manifests tell; more than one for a ledger that was made again, or none.
    objects, bytes
        What is read of it.
    formats
        Number of objects by format.
    first, last
        Its first and last block; None if none could be read.
    blocks
        Number of blocks.
    missing
        Blocks that are not there.
    overlaps
        Blocks that several exports have.
    hash_only
        Number of revisions of QLDB's own catalog.
    tables
        By name.
    still_whole, still_whole_count
        The first redacted revisions that another copy still has, and the number of all.
    load
        What it takes to write the documents to DynamoDB.
    """

    strand_id: str
    ledger_names: Sequence[str]
    objects: int
    bytes: int
    formats: Mapping[str, int]
    first: Place | None
    last: Place | None
    blocks: int
    missing: Sequence[MissingBlocks]
    overlaps: Sequence[Overlap]
    hash_only: int
    tables: Sequence[TableInspection]
    still_whole: Sequence[StillWhole]
    still_whole_count: int
    load: LoadEstimate

    @property
    def revisions(self) -> int:
        """All revisions of documents."""
        return sum(table.revisions for table in self.tables)


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """Everything that was found.

    Attributes
    ----------
    source
        Folder or ``s3://`` location.
    seconds
        How long it took.
    exports
        In the order of their ends.
    unlisted
        Number of objects with blocks that no manifest names.
    strands
        The journals.
    proofs
        Digests and proofs.
    foreign, foreign_keys
        Number of files that belong to no export, and the first of them.
    problems
        What could not be read.
    to_know
        What the owner has to know, the most important first.
    """

    source: str
    seconds: float
    exports: Sequence[ExportInspection]
    unlisted: int
    strands: Sequence[StrandInspection]
    proofs: Sequence[FoundProof]
    foreign: int
    foreign_keys: Sequence[str]
    problems: Sequence[Problem]
    to_know: Sequence[Notice]
