"""A journal block, as exports and GetBlock have it.

Source: QLDB developer guide, "Journal contents in Amazon QLDB"; AWS's Java sample
(``JournalBlock.java``, ``QldbRevision.java``) and genuine blocks for what may be absent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError
from journal.ion.structure import (
    LIST,
    distinct_fields,
    elements,
    is_absent,
    is_null,
    text_field,
    timestamp_field,
    uint_field,
)
from journal.ion.structure import blob_field as _blob_field
from journal.ion.timestamps import timestamp_text
from journal.merkle import HASH_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from journal.ion.structure import Content, Fields, Span


_BLOCK_FIELDS = frozenset(
    {
        "blockAddress",
        "transactionId",
        "blockTimestamp",
        "blockHash",
        "entriesHash",
        "previousBlockHash",
        "entriesHashList",
        "transactionInfo",
        "redactionInfo",
        "revisions",
    }
)
_NONE: frozenset[str] = frozenset()
_REVISION_FIELDS = frozenset({"blockAddress", "hash", "data", "dataHash", "metadata"})


_WRITE = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|FROM)\b", re.IGNORECASE)
_INSERT = re.compile(r"\bINSERT\b", re.IGNORECASE)
_DELETE = re.compile(r"\bDELETE\b", re.IGNORECASE)
"""The statements that write documents (QLDB developer guide, "PartiQL statements in Amazon QLDB"):
FROM inserts, sets, removes or deletes."""


class Address(NamedTuple):
    """Where a block is: its strand, and its place in it from 0."""

    strand_id: str
    sequence_no: int


class BlockRevision(NamedTuple):
    """A revision in a block.

    Attributes
    ----------
    hash
        What the revision's hash is said to be.
    metadata
        Id, version, time and transaction, not decoded; None for a revision of QLDB's own catalog,
        of which blocks have only the hash.
    data
        The document, with its annotations; None if there is none.
    data_hash
        Hash of the data of a redacted revision; None for others.
    address
        The block that the revision names; None if it names none.
    unknown
        Names of fields that QLDB is not known to write.
    """

    hash: bytes
    metadata: Span | None
    data: Span | None
    data_hash: bytes | None
    address: Address | None
    unknown: frozenset[str]

    @property
    def is_delete(self) -> bool:
        """Whether it is a revision of a document with neither data nor the hash of data."""
        return self.data is None and self.data_hash is None and self.metadata is not None


class Metadata(NamedTuple):
    """What a revision's metadata tell.

    Attributes
    ----------
    document_id
        Unique in the ledger.
    version
        From 0.
    tx_time
        Time of the transaction, not decoded.
    tx_id
        The transaction.
    """

    document_id: str
    version: int
    tx_time: Content
    tx_id: str


class Block(NamedTuple):
    """One transaction of a journal. Parts that genuine blocks may lack are None or empty.

    Attributes
    ----------
    address
        Its strand and sequence number.
    transaction_id
        The transaction; None if the block does not tell.
    timestamp
        When the block was committed, not decoded.
    block_hash, entries_hash, previous_block_hash
        What these hashes are said to be; that of the previous block is empty in a ledger's first.
    entries
        The hashes of the block's entries.
    transaction_info
        Statements and documents; None if absent.
    redaction_info
        The revisions that the transaction redacts; None if absent.
    revisions
        In the block's order.
    unknown
        Names of fields that QLDB is not known to write.
    """

    address: Address
    transaction_id: str | None
    timestamp: Content
    block_hash: bytes
    entries_hash: bytes
    previous_block_hash: bytes
    entries: tuple[bytes, ...]
    transaction_info: Span | None
    redaction_info: Span | None
    revisions: tuple[BlockRevision, ...]
    unknown: frozenset[str]


class TouchedDocument(NamedTuple):
    """A document that a transaction touched.

    Attributes
    ----------
    document_id
        The document.
    table_name, table_id
        Its ledger table.
    statements
        List of the places of the statements that touched it, from 0; None if absent.
    """

    document_id: str
    table_name: str
    table_id: str
    statements: Span | None = None


class Redaction(NamedTuple):
    """A revision that a transaction redacts."""

    address: Address
    table_id: str
    document_id: str
    version: int


def read_block(span: Span) -> Block:
    """Read a block.

    Raises
    ------
    IonError
        If a field is missing that every block has, comes twice, or has a wrong type.
    """
    found = distinct_fields(span)
    own = address(found, "blockAddress")
    place = found["blockAddress"]
    revisions = () if is_absent(found, "revisions") else elements(_list(found, "revisions"))
    return Block(
        own,
        None if is_absent(found, "transactionId") else text_field(found, "transactionId"),
        timestamp_field(found, "blockTimestamp"),
        _hash(found, "blockHash"),
        _hash_or_empty(found, "entriesHash"),
        b""
        if is_absent(found, "previousBlockHash")
        else _hash_or_empty(found, "previousBlockHash"),
        tuple(map(_entry, elements(_list(found, "entriesHashList")))),
        _optional(found, "transactionInfo"),
        _optional(found, "redactionInfo"),
        tuple([_revision(distinct_fields(each), place, own) for each in revisions]),
        _unknown(found, _BLOCK_FIELDS),
    )


def read_revision(span: Span) -> BlockRevision:
    """Read a revision as blocks and GetRevision have it.

    Raises
    ------
    IonError
        If it has no hash, a field comes twice or has a wrong type.
    """
    found = distinct_fields(span)
    if is_absent(found, "blockAddress"):
        return _revision(found, span, None)
    return _revision(found, found["blockAddress"], address(found, "blockAddress"))


def _revision(found: Fields, place: Span, known: Address | None) -> BlockRevision:
    """Return a revision.

    Parameters
    ----------
    found
        Its fields.
    place, known
        A block address, as it is and decoded: almost always the revision's own.
    """
    return BlockRevision(
        _hash(found, "hash"),
        _optional(found, "metadata"),
        _optional(found, "data"),
        None if is_absent(found, "dataHash") else _hash(found, "dataHash"),
        _same_address(found, place, known),
        _unknown(found, _REVISION_FIELDS),
    )


def _same_address(found: Fields, place: Span, known: Address | None) -> Address | None:
    if is_absent(found, "blockAddress"):
        return None
    data, names, head, start, stop = found["blockAddress"]
    other, other_names, other_head, other_start, other_stop = place
    if (
        names is other_names
        and head == other_head
        and data[start:stop] == other[other_start:other_stop]
    ):
        return known
    return address(found, "blockAddress")


def read_metadata(span: Span) -> Metadata:
    """Read a revision's metadata.

    Raises
    ------
    IonError
        If a field is missing, comes twice or has a wrong type.
    """
    found = distinct_fields(span)
    return Metadata(
        text_field(found, "id"),
        uint_field(found, "version"),
        timestamp_field(found, "txTime"),
        text_field(found, "txId"),
    )


def address(found: Fields, name: str) -> Address:
    """Read a block address in a field.

    Raises
    ------
    IonError
        If the field is not a block address.
    """
    if is_absent(found, name):
        raise IonError(f"{name} is missing")
    inner = distinct_fields(found[name])
    return Address(text_field(inner, "strandId"), uint_field(inner, "sequenceNo"))


def touched_documents(transaction_info: Span) -> Iterator[TouchedDocument]:
    """Read which documents a transaction touched; a block's revisions do not name their table.

    Raises
    ------
    IonError
        If a part has a wrong type.
    """
    found = distinct_fields(transaction_info)
    if is_absent(found, "documents"):
        return
    for document_id, span in distinct_fields(found["documents"]).items():
        table = distinct_fields(span)
        yield TouchedDocument(
            document_id,
            text_field(table, "tableName"),
            text_field(table, "tableId"),
            _optional(table, "statements"),
        )


def statements(transaction_info: Span) -> Iterator[str]:
    """Read the texts of a transaction's statements; parameters are ``?`` in them.

    Raises
    ------
    IonError
        If a part has a wrong type.
    """
    found = distinct_fields(transaction_info)
    if is_absent(found, "statements"):
        return
    for span in elements(found["statements"]):
        yield text_field(distinct_fields(span), "statement")


class Writes(NamedTuple):
    """What the statements that touched a document can have done to it.

    Attributes
    ----------
    inserts, deletes
        Whether one of them may insert or delete a document.
    """

    inserts: bool
    deletes: bool

    @property
    def has_revision(self) -> bool:
        """Whether the document has a revision in the transaction's block, in any case.

        Whether a document has one that is inserted and deleted at once is not known.
        """
        return not (self.inserts and self.deletes)


def writes_to(transaction_info: Span, touched: TouchedDocument) -> Writes | None:
    """Return what the statements that touched a document can have done to it.

    Returns
    -------
    Writes or None
        None if one of the statements is not known to write: nothing is concluded from those.

    Raises
    ------
    IonError
        If a part has a wrong type.
    """
    texts = list(statements(transaction_info))
    if touched.statements is not None:
        places = [
            uint_field({"a statement": each}, "a statement")
            for each in elements(touched.statements)
        ]
        if any(place >= len(texts) for place in places):
            return None
        texts = [texts[place] for place in places]
    if not texts or any(_WRITE.match(text) is None for text in texts):
        return None
    return Writes(
        inserts=any(_INSERT.search(text) is not None for text in texts),
        deletes=any(_DELETE.search(text) is not None for text in texts),
    )


def redactions(redaction_info: Span) -> Iterator[Redaction]:
    """Read which revisions a transaction redacts.

    Raises
    ------
    IonError
        If a part has a wrong type.
    """
    found = distinct_fields(redaction_info)
    for span in elements(_list(found, "revisions")):
        inner = distinct_fields(span)
        yield Redaction(
            address(inner, "blockAddress"),
            text_field(inner, "tableId"),
            text_field(inner, "documentId"),
            uint_field(inner, "version"),
        )


def time_text(content: Content) -> str:
    """Return the time of a block or a transaction as Ion text.

    Raises
    ------
    IonError
        If the calendar has no such time.
    """
    return timestamp_text(*content)


def _unknown(found: Fields, known: frozenset[str]) -> frozenset[str]:
    names = found.keys()
    return _NONE if names <= known else frozenset(names - known)


def _optional(found: Fields, name: str) -> Span | None:
    return None if is_absent(found, name) else found[name]


def _list(found: Fields, name: str) -> Span:
    field = found.get(name)
    if field is None or field[2] >> 4 != LIST or is_null(field[2]):
        raise IonError(f"{name} is not a list")
    return field


def _entry(span: Span) -> bytes:
    return _hash_or_empty({"an entry": span}, "an entry")


def _hash(found: Fields, name: str) -> bytes:
    """Return a field that is a hash.

    Combined with an empty hash, another one stays as it is, so where QLDB writes none, an empty
    hash would let a part pass for the whole.
    """
    content = _blob_field(found, name)
    if len(content) != HASH_BYTES:
        raise IonError(f"{name} is not a hash of {HASH_BYTES} bytes")
    return content


def _hash_or_empty(found: Fields, name: str) -> bytes:
    content = _blob_field(found, name)
    if content and len(content) != HASH_BYTES:
        raise IonError(f"{name} is neither empty nor a hash of {HASH_BYTES} bytes")
    return content
