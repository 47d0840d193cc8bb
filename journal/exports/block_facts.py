"""What an owner wants to know of a block: its documents, their tables and states.

Nothing is hashed. Values are found in place, and what nobody asks for, such as the documents
themselves, is skipped.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import TRUNCATED, IonError
from journal.exports.block import Address
from journal.exports.table_statements import TableStatement, table_statements
from journal.ion.structure import (
    LIST,
    bounds,
    is_absent,
    is_null,
    is_padding,
    is_struct,
    struct,
    struct_field,
    text_field,
    timestamp_field,
    uint_field,
)

if TYPE_CHECKING:
    from journal.ion.structure import Content, Fields, Span
    from journal.ion.symbols import Names

_MAX_CACHED_TABLES = 4096


class RevisionState(enum.IntEnum):
    """What a revision has instead of, or beside, its metadata."""

    LIVE = 1
    """The document."""

    REDACTED = 2
    """The hash of the document only."""

    DELETED = 3
    """Neither: the document was deleted."""


class Table(NamedTuple):
    """A ledger table."""

    table_id: str
    name: str


class RevisionFacts(NamedTuple):
    """A revision of a document.

    Attributes
    ----------
    document_id, version
        Of its metadata.
    state
        What it has.
    table
        Its ledger table; None if the block does not tell.
    data
        The document; None if there is none.
    """

    document_id: str
    version: int
    state: RevisionState
    table: Table | None
    data: Span | None


class BlockFacts(NamedTuple):
    """A block.

    Attributes
    ----------
    address
        Its strand and sequence number.
    timestamp
        When it was committed, not decoded.
    revisions
        Revisions of documents.
    hash_only
        Number of revisions of QLDB's own catalog, of which blocks have only the hash.
    table_statements
        The statements that create and drop tables.
    """

    address: Address
    timestamp: Content
    revisions: list[RevisionFacts]
    hash_only: int
    table_statements: list[TableStatement]


def block_address(found: Fields) -> Address:
    """Read where a block is.

    Raises
    ------
    IonError
        If the block does not tell.
    """
    inner = struct_field(found, "blockAddress")
    return Address(text_field(inner, "strandId"), uint_field(inner, "sequenceNo"))


class DocumentTables:
    """Reads which documents a transaction touched; a table that was seen is not read again."""

    def __init__(self) -> None:
        self._names: Names | None = None
        self._tables: dict[bytes, Table] = {}

    def read(self, documents: Span) -> dict[str, Table]:
        """Return the ledger table of each document.

        Parameters
        ----------
        documents
            The field ``documents`` of a block's ``transactionInfo``.

        Raises
        ------
        IonError
            If a part has a wrong type.
        """
        if self._names is not documents[1] or len(self._tables) > _MAX_CACHED_TABLES:
            # The same bytes mean the same only with the same symbols.
            self._names = documents[1]
            self._tables.clear()
        return {document_id: self._table(span) for document_id, span in struct(documents).items()}

    def _table(self, span: Span) -> Table:
        content = span[0][span[3] : span[4]]
        table = self._tables.get(content)
        if table is None:
            found = struct(span)
            table = Table(text_field(found, "tableId"), text_field(found, "tableName"))
            self._tables[content] = table
        return table


class BlockReader:
    """Reads the blocks of one object; the tables that it has seen are not read again."""

    def __init__(self) -> None:
        self._tables = DocumentTables()

    def facts(self, found: Fields, address: Address) -> BlockFacts:
        """Read a block.

        Parameters
        ----------
        found
            The block's fields.
        address
            The block's address, which has been read.

        Raises
        ------
        IonError
            If a field is missing that every block has, or one has a wrong type.
        """
        tables: dict[str, Table] = {}
        statements: list[TableStatement] = []
        info = found.get("transactionInfo")
        if info is not None and not is_null(info[2]):
            inner = struct(info)
            if not is_absent(inner, "documents"):
                tables = self._tables.read(inner["documents"])
            statements = table_statements(info)
        revisions: list[RevisionFacts] = []
        hash_only = 0
        listed = found.get("revisions")
        if listed is not None and not is_null(listed[2]):
            hash_only = _revisions(listed, tables, revisions)
        return BlockFacts(
            address,
            timestamp_field(found, "blockTimestamp"),
            revisions,
            hash_only,
            statements,
        )


def _revisions(listed: Span, tables: dict[str, Table], revisions: list[RevisionFacts]) -> int:
    """Read the revisions of a block, and return how many have only a hash."""
    data, names, head, position, end = listed
    if head >> 4 != LIST:
        raise IonError("revisions is not a list")
    hash_only = 0
    try:
        while position < end:
            head, start, position = bounds(data, position, end)
            if is_padding(head):
                continue
            found = struct((data, names, head, start, position))
            metadata = found.get("metadata")
            if metadata is None or is_null(metadata[2]):
                hash_only += 1
                continue
            inner = struct(metadata)
            document_id = text_field(inner, "id")
            document = found.get("data")
            if document is not None and not is_null(document[2]):
                if not is_struct(document):
                    raise IonError("data is not a struct")
                state = RevisionState.LIVE
            else:
                document = None
                absent = is_absent(found, "dataHash")
                state = RevisionState.DELETED if absent else RevisionState.REDACTED
            revisions.append(
                RevisionFacts(
                    document_id,
                    uint_field(inner, "version"),
                    state,
                    tables.get(document_id),
                    document,
                )
            )
    except IndexError:
        raise IonError(TRUNCATED) from None
    return hash_only
