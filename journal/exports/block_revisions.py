"""The revisions of a block in the form that streams have them, with what the block redacts.

A fault of one revision is no fault of those beside it: each is read by itself.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import TRUNCATED, IonError, RecordError
from journal.exports.block_facts import DocumentTables, Table, block_address
from journal.ion.structure import (
    LIST,
    bounds,
    elements,
    is_absent,
    is_null,
    is_padding,
    struct,
    struct_field,
    text_field,
    timestamp_field,
    uint_field,
)
from journal.revisions import redaction, revision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from journal.exports.block import Address
    from journal.ion.structure import Content, Fields, Span
    from journal.revisions import Redaction, Revision

NO_TABLE = Table("", "")
"""The table of a revision whose block does not tell it."""


class PlacedRevision(NamedTuple):
    """A revision with its place in its block.

    Attributes
    ----------
    place
        Index among the block's revisions, from 0.
    span
        The revision as the block has it.
    revision
        What it says; its table is `NO_TABLE` if the block does not tell it.
    """

    place: int
    span: Span
    revision: Revision


class FaultyRevision(NamedTuple):
    """A revision that cannot be read.

    Attributes
    ----------
    place
        Index among the block's revisions, from 0.
    span
        The revision as the block has it.
    table
        Its ledger table; `NO_TABLE` if that is not known.
    code
        What is wrong: a constant text without any of the revision's content.
    document_id, version
        Which revision it is; None if that cannot be read.
    """

    place: int
    span: Span
    table: Table
    code: str
    document_id: str | None = None
    version: int | None = None


class BlockRevisions(NamedTuple):
    """What a block says of documents.

    Attributes
    ----------
    address
        Its strand and sequence number.
    timestamp
        When it was committed, not decoded; None if it does not tell.
    revisions
        Revisions of documents; those of QLDB's own catalog, which have only a hash, are left out.
    faulty
        Revisions that cannot be read.
    redactions
        The revisions whose data the transaction removes.
    problems
        What else cannot be read: constant texts.
    transaction_info
        Statements and documents of the transaction; None if the block does not tell.
    """

    address: Address
    timestamp: Content | None
    revisions: list[PlacedRevision]
    faulty: list[FaultyRevision]
    redactions: list[Redaction]
    problems: list[str]
    transaction_info: Span | None


class BlockRevisionReader:
    """Reads the blocks of one object; the tables that it has seen are not read again."""

    def __init__(self) -> None:
        self._tables = DocumentTables()

    def read(self, block: Span) -> BlockRevisions:
        """Read a block.

        Raises
        ------
        IonError
            If it is no struct, or does not tell its address.
        """
        found = struct(block)
        info = found.get("transactionInfo")
        if info is not None and is_null(info[2]):
            info = None
        result = BlockRevisions(block_address(found), _timestamp(found), [], [], [], [], info)
        try:
            result.redactions.extend(_redactions(found, result.problems))
        except IonError as error:
            result.problems.append(f"redactionInfo: {error.code}")
        try:
            tables = {} if info is None else self._documents(info)
        except IonError as error:
            result.problems.append(f"transactionInfo: {error.code}")
            tables = {}
        listed = found.get("revisions")
        if listed is not None and not is_null(listed[2]):
            try:
                _add_revisions(listed, tables, result)
            except IonError as error:
                # What came before can be relied on.
                result.problems.append(f"revisions: {error.code}")
        return result

    def _documents(self, transaction_info: Span) -> dict[str, Table]:
        found = struct(transaction_info)
        return {} if is_absent(found, "documents") else self._tables.read(found["documents"])


def _timestamp(found: Fields) -> Content | None:
    try:
        return timestamp_field(found, "blockTimestamp")
    except IonError:
        return None


def _redactions(found: Fields, problems: list[str]) -> Iterator[Redaction]:
    if is_absent(found, "redactionInfo"):
        return
    revisions = struct_field(found, "redactionInfo").get("revisions")
    if revisions is None:
        raise IonError("there are no revisions")
    for span in elements(revisions):
        try:
            yield redaction(span)
        except IonError as error:
            problems.append(f"redactionInfo: {error.code}")


def _add_revisions(listed: Span, tables: dict[str, Table], result: BlockRevisions) -> None:
    data, names, head, position, end = listed
    if head >> 4 != LIST:
        raise IonError("revisions is not a list")
    place = -1
    try:
        while position < end:
            head, start, position = bounds(data, position, end)
            if is_padding(head):
                continue
            place += 1
            span = (data, names, head, start, position)
            table = NO_TABLE
            try:
                found = struct(span)
                if is_absent(found, "metadata"):
                    if not is_absent(found, "data") or not is_absent(found, "dataHash"):
                        raise IonError("a revision with data but without metadata")
                    continue
                metadata = struct(found["metadata"])
                table = tables.get(text_field(metadata, "id"), NO_TABLE)
                read = revision(found, table.name, table.table_id, metadata)
            except RecordError as error:
                result.faulty.append(
                    FaultyRevision(place, span, table, error.code, *_identity(span))
                )
            else:
                result.revisions.append(PlacedRevision(place, span, read))
    except IndexError:
        raise IonError(TRUNCATED) from None


def _identity(span: Span) -> tuple[str | None, int | None]:
    """Return the document and the version of a faulty revision, as far as they can be read."""
    document_id = version = None
    with suppress(RecordError):
        metadata = struct_field(struct(span), "metadata")
        document_id = text_field(metadata, "id")
        version = uint_field(metadata, "version")
    return document_id, version
