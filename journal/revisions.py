"""Reads user records into revisions of documents.

Source of the format: QLDB developer guide, "Stream records" and "Redacting document revisions".
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, NamedTuple

from journal.errors import IonError, MalformedRecord
from journal.ion.stream import VERSION_MARKER, single_value
from journal.ion.structure import (
    ANNOTATION,
    blob_field,
    elements,
    is_absent,
    is_struct,
    struct,
    struct_field,
    text_field,
    timestamp_field,
    uint_field,
    without_annotations,
)

if TYPE_CHECKING:
    from collections.abc import Container

    from journal.ion.structure import Content, Fields, Span

_REVISION_DETAILS = "REVISION_DETAILS"
_REVISION_DETAILS_BYTES = b"REVISION_DETAILS"
_BLOCK_SUMMARY_TYPE = "BLOCK_SUMMARY"
_REDACTION_BYTES = b"redactionInfo"
_MAX_REDACTIONS = 1000
"""A transaction redacts one revision (QLDB developer guide, "REDACT_REVISION"). Without a limit one
record could demand 100,000 requests."""


class RevisionKind(enum.Enum):
    """The meaning of a revision for its document."""

    UPSERT = "upsert"
    """``data`` is present: it is the document's state."""

    DELETE = "delete"
    """Neither ``data`` nor ``dataHash``: the document was deleted."""

    REDACTED = "redacted"
    """No ``data`` but ``dataHash``: the data of an inactive revision was removed. The document's
    current state is not affected."""


class IgnoredReason(enum.StrEnum):
    """Why a record requires no write."""

    CONTROL = "control"
    BLOCK_SUMMARY = "block summary"
    UNKNOWN_RECORD_TYPE = "unknown record type"
    UNCONFIGURED_TABLE = "unconfigured table"
    EMPTY_AGGREGATE = "empty aggregate"


class Revision(NamedTuple):
    """One version of one document.

    Attributes
    ----------
    table_name, table_id
        The ledger table; a dropped and re-created table has the same name and another id.
    document_id
        Unique in the ledger.
    version
        Starts at 0; each revision of a document adds one.
    kind
        Its meaning for the document.
    data
        The document, not decoded yet; None if there is none.
    tx_time
        Time of the transaction, not decoded yet (`journal.ion.timestamps` does that).
    tx_id
        Id of the transaction.
    hash
        Hash of the revision.
    block_address
        Where its block is in the journal, not decoded yet (`block_address` does that); None if
        there is none.
    data_hash
        Hash of the data that a redaction has removed; None if nothing is redacted.
    has_types
        Whether all values have the type that they had in the ledger; False if it is from JSON.
    """

    table_name: str
    table_id: str
    document_id: str
    version: int
    kind: RevisionKind
    data: Span | None
    tx_time: Content
    tx_id: str
    hash: bytes
    block_address: Span | None
    data_hash: bytes | None
    has_types: bool = True


class Redaction(NamedTuple):
    """A revision whose data a block summary announces to be removed.

    Attributes
    ----------
    table_id
        Id of the ledger table; None if the record does not tell it.
    document_id, version
        The revision.
    """

    table_id: str | None
    document_id: str
    version: int


class Redactions(NamedTuple):
    """The redactions that one block summary announces.

    Attributes
    ----------
    revisions
        At least one.
    """

    revisions: tuple[Redaction, ...]


class Ignored(NamedTuple):
    """A valid record that requires no write.

    Attributes
    ----------
    reason
        Why it requires none.
    table_name
        The ledger table of a revision whose table is not configured; None for other reasons.
    """

    reason: IgnoredReason
    table_name: str | None = None


_OTHER_TYPES = {
    "CONTROL": Ignored(IgnoredReason.CONTROL),
    _BLOCK_SUMMARY_TYPE: Ignored(IgnoredReason.BLOCK_SUMMARY),
}
_UNKNOWN_TYPE = Ignored(IgnoredReason.UNKNOWN_RECORD_TYPE)
_BLOCK_SUMMARY = _OTHER_TYPES[_BLOCK_SUMMARY_TYPE]


def read_record(
    data: bytes, tables: Container[str], *, with_redactions: bool = False
) -> Revision | Redactions | Ignored:
    """Read one record of a QLDB stream.

    Parameters
    ----------
    data
        The user record.
    tables
        Names or ids of the ledger tables that are replicated.
    with_redactions
        Whether redactions that block summaries announce are read.

    Raises
    ------
    MalformedRecord
        If the record is not Ion, lacks a field or has one of a wrong type.
    """
    # Half of all records are block summaries. A record without these bytes cannot be a revision, or
    # announce a redaction, so it need not be read any further.
    if (
        _REVISION_DETAILS_BYTES not in data
        and data.startswith(VERSION_MARKER)
        and b"BLOCK_SUMMARY" in data
        and not (with_redactions and _REDACTION_BYTES in data)
    ):
        return _BLOCK_SUMMARY
    try:
        record = struct(single_value(data))
        record_type = text_field(record, "recordType")
        if record_type != _REVISION_DETAILS:
            if with_redactions and record_type == _BLOCK_SUMMARY_TYPE:
                return _redactions(struct_field(record, "payload"))
            return _OTHER_TYPES.get(record_type, _UNKNOWN_TYPE)
        payload = struct_field(record, "payload")
        table = struct_field(payload, "tableInfo")
        table_name = text_field(table, "tableName")
        if table_name not in tables and not _has_id_in(table, tables):
            return Ignored(IgnoredReason.UNCONFIGURED_TABLE, table_name)
        return revision(struct_field(payload, "revision"), table_name, text_field(table, "tableId"))
    except IonError as error:
        raise MalformedRecord(error.code) from None


def _has_id_in(table: Fields, tables: Container[str]) -> bool:
    return not is_absent(table, "tableId") and text_field(table, "tableId") in tables


def revision(
    found: Fields, table_name: str, table_id: str, metadata: Fields | None = None
) -> Revision:
    """Read a revision in the form that streams and journal exports share.

    Parameters
    ----------
    found
        The revision with its ``metadata``, ``hash`` and ``data`` or ``dataHash``.
    table_name, table_id
        The ledger table; the revision itself does not name it.
    metadata
        The fields of its ``metadata``, if they are read already.

    Raises
    ------
    MalformedRecord
        If a field is missing or has a wrong type.
    """
    try:
        kind, data, data_hash = _state(found)
        if metadata is None:
            metadata = struct_field(found, "metadata")
        version = uint_field(metadata, "version")
        document_id = text_field(metadata, "id")
        if not document_id:
            raise MalformedRecord("id is empty")
        return Revision(
            table_name,
            table_id,
            document_id,
            version,
            kind,
            data,
            timestamp_field(metadata, "txTime"),
            text_field(metadata, "txId"),
            blob_field(found, "hash"),
            found.get("blockAddress"),
            data_hash,
        )
    except IonError as error:
        raise MalformedRecord(error.code) from None


def block_address(revision: Revision) -> tuple[str, int]:
    """Return the strand and the sequence number of a revision's block.

    Raises
    ------
    MalformedRecord
        If the revision has no block address, or it lacks a field or has one of a wrong type.
    """
    if revision.block_address is None:
        raise MalformedRecord("blockAddress is missing")
    try:
        address = struct(revision.block_address)
        return text_field(address, "strandId"), uint_field(address, "sequenceNo")
    except IonError as error:
        raise MalformedRecord(f"blockAddress: {error.code}") from None


def _redactions(payload: Fields) -> Redactions | Ignored:
    """Read which revisions a block summary redacts.

    Only names and nesting of the fields are known (``RedactionInfo`` and ``RedactRevisionRequest``
    in AWS's Java sample for QLDB), so nothing is demanded that is not needed.
    """
    if is_absent(payload, "redactionInfo"):
        return _BLOCK_SUMMARY
    revisions = struct_field(payload, "redactionInfo").get("revisions")
    if revisions is None:
        raise IonError("redactionInfo has no revisions")
    spans = elements(revisions)
    if len(spans) > _MAX_REDACTIONS:
        raise IonError(f"more than {_MAX_REDACTIONS} redactions in a block")
    found = tuple([redaction(each) for each in spans])
    return Redactions(found) if found else _BLOCK_SUMMARY


def redaction(span: Span) -> Redaction:
    """Read one revision that a block redacts.

    Raises
    ------
    IonError
        If it does not tell a document and a version.
    """
    data, names, head, start, stop = span
    if head >> 4 == ANNOTATION:
        head, start, stop = without_annotations(data, names, start, stop)
    found = struct((data, names, head, start, stop))
    document_id = text_field(found, "documentId")
    if not document_id:
        raise IonError("documentId is empty")
    table_id = None if is_absent(found, "tableId") else text_field(found, "tableId")
    return Redaction(table_id, document_id, uint_field(found, "version"))


def _state(found: Fields) -> tuple[RevisionKind, Span | None, bytes | None]:
    # An Ion null counts as absent: QLDB's samples treat both alike.
    if not is_absent(found, "data"):
        data = found["data"]
        if not is_struct(data):
            raise IonError("data is not a struct")
        return RevisionKind.UPSERT, data, None
    if not is_absent(found, "dataHash"):
        return RevisionKind.REDACTED, None, blob_field(found, "dataHash")
    return RevisionKind.DELETE, None, None
